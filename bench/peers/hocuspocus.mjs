// Hocuspocus as it comes; with --data DIR its database extension keeps documents in SQLite, with --redis PORT its Redis
// extension joins it to other servers.
import { Database } from '@hocuspocus/extension-database'
import { Server } from '@hocuspocus/server'

async function database(directory) {
  const { DatabaseSync } = await import('node:sqlite')
  const file = new DatabaseSync(`${directory}/hocuspocus.sqlite`)
  file.exec('CREATE TABLE IF NOT EXISTS documents (name TEXT PRIMARY KEY, data BLOB NOT NULL)')
  const select = file.prepare('SELECT data FROM documents WHERE name = ?')
  const upsert = file.prepare(
    'INSERT INTO documents (name, data) VALUES (?, ?) ' +
      'ON CONFLICT (name) DO UPDATE SET data = excluded.data',
  )
  return new Database({
    fetch: async ({ documentName }) => select.get(documentName)?.data ?? null,
    store: async ({ documentName, state }) => {
      upsert.run(documentName, state)
    },
  })
}

function said(option) {
  const at = process.argv.indexOf(option)
  return at < 0 ? null : process.argv[at + 1]
}

async function redis(port) {
  const { Redis } = await import('@hocuspocus/extension-redis')
  return new Redis({ host: '127.0.0.1', port: Number(port) })
}

const extensions = []
if (said('--redis')) extensions.push(await redis(said('--redis')))
if (said('--data')) extensions.push(await database(said('--data')))
const server = new Server({
  address: '127.0.0.1',
  port: 0,
  quiet: true,
  extensions,
})
await server.listen()
console.log(`ready on http://127.0.0.1:${server.address.port}`)
