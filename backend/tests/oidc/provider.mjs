// A real OpenID Connect provider (oidc-provider) with its development pages, for one client.
// Whoever signs in as "NAME" is name@example.org; "unverified-NAME", "claimed-NAME" and "nameless-NAME" are odd ones.
import { generateKeyPairSync, randomUUID } from "node:crypto";
import Provider from "oidc-provider";

const [port, clientId, clientSecret, redirect] = process.argv.slice(2);
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = {
  ...privateKey.export({ format: "jwk" }),
  kid: randomUUID(),
  use: "sig",
  alg: "RS256",
};

const claimsOf = (id) => {
  const [first, rest] = id.includes("-") ? id.split("-", 2) : ["", id];
  const claims = {
    sub: id,
    name: rest[0].toUpperCase() + rest.slice(1),
    email: `${rest}@example.org`,
    email_verified: true,
  };
  if (first === "unverified") claims.email_verified = false;
  if (first === "claimed") claims.email_verified = "true";
  if (first === "nameless") delete claims.name;
  return claims;
};

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirect] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "locale"] },
  findAccount: (_context, id) => ({ accountId: id, claims: () => claimsOf(id) }),
  cookies: { keys: ["a secret of tests"] },
  jwks: { keys: [key] },
  ttl: {
    AccessToken: 60,
    AuthorizationCode: 60,
    Grant: 60,
    IdToken: 60,
    Interaction: 60,
    Session: 60,
  },
});
const server = provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
