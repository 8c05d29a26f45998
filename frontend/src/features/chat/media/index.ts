/** Files and voice in the chat: in a message, and on their way into one. */
export { AttachButton } from "./AttachButton";
export { Attachments } from "./Attachments";
export { filesOf } from "./filesOf";
export { OutgoingFile } from "./OutgoingFile";
export { PendingFiles } from "./PendingFiles";
export { useUploads } from "./useUploads";
export { type Recorded, VoiceRecorder } from "./VoiceRecorder";
