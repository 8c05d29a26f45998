/** Files and voice in the chat. */
export const mediaEn = {
  attach: "Attach files",
  files: "Files",
  download: "Download",
  downloadOf: (name: string) => `Download ${name}`,
  openImage: (what: string) => `Open picture: ${what}`,
  image: "Picture",
  imageOf: (at: number, count: number) => `Picture ${at} of ${count}`,
  previous: "Previous picture",
  next: "Next picture",
  close: "Close",
  bytes: (size: number) =>
    size < 1000
      ? `${size} B`
      : size < 1_000_000
        ? `${Math.round(size / 1000)} KB`
        : `${(size / 1_000_000).toFixed(1)} MB`,
  kinds: { image: "Picture", voice: "Voice message", audio: "Audio", video: "Video", file: "File" },
  voiceOf: (time: string) => `Voice message, ${time}`,
  audioOf: (name: string) => `Audio: ${name}`,
  play: "Play",
  pause: "Pause",
  position: "Position",
  positionOf: (now: string, all: string) => `${now} of ${all}`,
  cannotPlay: "This browser cannot play it. Download it instead.",
  record: "Record a voice message",
  recordHint: "Click to record, or hold",
  recording: "Recording",
  stop: "Stop",
  sendVoice: "Send the recording",
  cancelRecording: "Cancel the recording",
  listen: "Listen before sending",
  /** The server says it in English. */
  refusal: (_code: string, sentence: string, _most: number | null) => sentence,
  noMicrophone: "There is no microphone, or it may not be used here.",
  microphoneDenied: "The microphone is blocked. Allow it for this page in the browser’s settings.",
  cannotRecord: "This browser cannot record.",
  pending: "Files to be sent",
  altOf: (name: string) => `Describe ${name}`,
  altHint: "Describe the picture for people who cannot see it",
  addAlt: "Alt text",
  remove: (name: string) => `Remove ${name}`,
  retryOf: (name: string) => `Try again to upload ${name}`,
  retry: "Try again",
  uploadingOf: (name: string) => `Uploading ${name}`,
  states: {
    waiting: "Waiting for the connection",
    uploading: "Uploading",
    ready: "Ready",
    refused: "Not taken",
  },
};
