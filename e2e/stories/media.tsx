/** Files and voice by themselves: chosen, uploaded, shown. Says the page and the person in its address: #page/person. */
import "@fontsource-variable/inter";
import "../../frontend/src/styles/index.css";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import type { Attachment } from "../../frontend/src/api/files";
import {
  AttachButton,
  Attachments,
  filesOf,
  PendingFiles,
  useUploads,
  VoiceRecorder,
} from "../../frontend/src/features/chat/media";
import { Uploads } from "../../frontend/src/sync/uploads";
import { installPolicy } from "../../frontend/src/trusted";
import { applyTheme } from "../../frontend/src/ui/theme";

installPolicy();
applyTheme();

const [page = "", person = ""] = location.hash.slice(1).split("/");
const uploads = new Uploads(person);

function Story() {
  const [keys, setKeysHere] = useState<string[]>(JSON.parse(sessionStorage.getItem("keys") ?? "[]"));
  const [sent, setSent] = useState<Attachment[][]>([]);
  const [isRecording, setRecording] = useState(false);
  const pending = useUploads(uploads, keys);
  const setKeys = (next: string[]) => {
    sessionStorage.setItem("keys", JSON.stringify(next)); // as the chat keeps what is being written
    setKeysHere(next);
  };
  const add = (files: File[]) =>
    setKeys([...keys, ...files.map((file) => uploads.add(page, file, file.name).key)]);
  const send = async () => {
    await uploads.ready(keys);
    const files = uploads.of(keys).flatMap(({ file }) => file ?? []);
    setSent([...sent, files]);
    uploads.sent(keys);
    setKeys([]);
  };
  return (
    <main
      style={{ maxWidth: 400, margin: "24px auto", padding: "0 12px", display: "grid", gap: 12 }}
      onPaste={({ clipboardData }) => add(filesOf(clipboardData))}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        add(filesOf(event.dataTransfer));
      }}
    >
      <h1 style={{ fontSize: 18 }}>Chat</h1>
      {sent.map((files) => (
        <Attachments key={files[0]?.id} files={files} />
      ))}
      <PendingFiles
        uploads={pending}
        onRemove={(key) => {
          uploads.remove(key);
          setKeys(keys.filter((each) => each !== key));
        }}
        onAlt={(key, alt) => uploads.setAlt(key, alt)}
        onRetry={(key) => uploads.retry(key)}
      />
      <div style={{ display: "flex", gap: 4, border: "1px solid var(--line)", borderRadius: 12, padding: 6 }}>
        {!isRecording && <AttachButton onFiles={add} />}
        <VoiceRecorder
          longestSeconds={300}
          onActive={setRecording}
          onRecorded={({ blob, name, ...recording }) =>
            setKeys([...keys, uploads.add(page, blob, name, recording).key])
          }
        />
        {!isRecording && (
          <>
            <textarea aria-label="Message" rows={1} style={{ flex: 1 }} />
            <button type="button" className="button primary" onClick={() => void send()}>
              Send
            </button>
          </>
        )}
      </div>
    </main>
  );
}

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Story />
    </StrictMode>,
  );
}
