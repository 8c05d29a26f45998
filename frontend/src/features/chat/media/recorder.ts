/** Records the microphone: what is heard comes back as one file, with its length and its loudness along the way. */
import { barsOf, waveformOf } from "./waveform";

const LEVEL_MS = 100;
// Browsers take different ones; the first that this one knows.
const TYPES = [
  "audio/webm;codecs=opus",
  "audio/mp4;codecs=mp4a.40.2",
  "audio/mp4",
  "audio/ogg;codecs=opus",
];

export interface Recorded {
  blob: Blob;
  name: string;
  /** Seconds. */
  duration: number;
  /** 0 to 100. */
  waveform: number[];
}

/** "denied": a person or a policy says no; "missing": nothing to record with. */
export class CannotRecord extends Error {
  constructor(readonly why: "denied" | "missing" | "unsupported") {
    super(why);
  }
}

export class Recorder {
  /** Of the last tenth of a second, 0 to 1. */
  level = 0;
  levels: number[] = [];
  startedAt = 0;

  #media: MediaRecorder;
  #stream: MediaStream;
  #longestSeconds: number;
  #audio: AudioContext;
  #analyser: AnalyserNode;
  #timer: ReturnType<typeof setInterval>;
  #pieces: Blob[] = [];

  /** `longestSeconds`: a recorder is full then. Asks for the microphone where that was not done before. Raises CannotRecord. */
  static async begin(longestSeconds: number): Promise<Recorder> {
    const type = TYPES.find((each) => globalThis.MediaRecorder?.isTypeSupported(each));
    if (type === undefined || !navigator.mediaDevices) throw new CannotRecord("unsupported");
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      });
      return new Recorder(stream, type, longestSeconds);
    } catch (error) {
      const name = error instanceof DOMException ? error.name : "";
      throw new CannotRecord(
        name === "NotAllowedError" || name === "SecurityError" ? "denied" : "missing",
      );
    }
  }

  private constructor(stream: MediaStream, type: string, longestSeconds: number) {
    this.#stream = stream;
    this.#longestSeconds = longestSeconds;
    this.#audio = new AudioContext();
    this.#analyser = this.#audio.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#audio.createMediaStreamSource(stream).connect(this.#analyser);
    this.#media = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: 32_000 });
    this.#media.ondataavailable = ({ data }) => data.size > 0 && this.#pieces.push(data);
    this.#media.start(1000);
    this.startedAt = performance.now();
    this.#timer = setInterval(() => this.#measure(), LEVEL_MS);
  }

  get seconds(): number {
    return (performance.now() - this.startedAt) / 1000;
  }

  /** The server takes none that is longer. */
  get isFull(): boolean {
    return this.seconds >= this.#longestSeconds;
  }

  /** The recording; the microphone is let go. */
  async stop(): Promise<Recorded> {
    const seconds = Math.min(this.seconds, this.#longestSeconds);
    const isStopped = new Promise((resolve) => {
      this.#media.onstop = resolve;
    });
    if (this.#media.state !== "inactive") {
      this.#media.stop();
      await isStopped;
    }
    const type = this.#media.mimeType.split(";")[0] ?? "audio/webm";
    const blob = new Blob(this.#pieces, { type });
    const heard = await this.#heard(blob);
    this.#letGo();
    return {
      blob,
      name: `voice.${type === "audio/mp4" ? "m4a" : type === "audio/ogg" ? "ogg" : "webm"}`,
      duration: heard?.duration ?? seconds,
      waveform: heard?.waveform ?? barsOf(this.levels),
    };
  }

  /** Nothing was recorded; the microphone is let go. Idempotent. */
  cancel(): void {
    if (this.#media.state !== "inactive") this.#media.stop();
    this.#pieces = [];
    this.#letGo();
  }

  async #heard(blob: Blob): Promise<{ duration: number; waveform: number[] } | null> {
    try {
      const decoded = await this.#audio.decodeAudioData(await blob.arrayBuffer());
      return { duration: decoded.duration, waveform: waveformOf(decoded.getChannelData(0)) };
    } catch {
      return null; // this browser does not decode what it records: the levels on the way do too
    }
  }

  #measure(): void {
    const samples = new Float32Array(this.#analyser.fftSize);
    this.#analyser.getFloatTimeDomainData(samples);
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    const loudness = Math.sqrt(sum / samples.length);
    this.level = Math.min(1, loudness * 4);
    this.levels.push(loudness);
  }

  #letGo(): void {
    clearInterval(this.#timer);
    for (const track of this.#stream.getTracks()) track.stop();
    if (this.#audio.state !== "closed") void this.#audio.close();
  }
}
