import { Mic, SendHorizontal, Square, Trash2 } from "lucide-react";
import {
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
  useEffect,
  useRef,
  useState,
} from "react";
import { m } from "../../../locales";
import { clock } from "./clock";
import { Player } from "./Player";
import { CannotRecord, type Recorded, Recorder } from "./recorder";

export type { Recorded } from "./recorder";

type State =
  | { name: "idle" }
  | { name: "asking" }
  | { name: "recording"; recorder: Recorder }
  | { name: "listening"; recorded: Recorded; url: string }
  | { name: "failed"; why: string };

interface Props {
  /** How long a recording may last; there it ends by itself. */
  longestSeconds: number;
  onRecorded: (recorded: Recorded) => void;
  onCancel?: () => void;
  /** It takes the place of the text field meanwhile. */
  onActive?: (isActive: boolean) => void;
  disabled?: boolean;
}

// Whoever holds the button for longer lets go to end the recording; a shorter press was a click.
const HELD_MS = 400;

/** The button with the microphone, and while something is recorded a bar in its place. */
export function VoiceRecorder({
  longestSeconds,
  onRecorded,
  onCancel,
  onActive,
  disabled = false,
}: Props) {
  const [state, setState] = useState<State>({ name: "idle" });
  const latest = useRef(state);
  const pressedAt = useRef(0);
  const button = useRef<HTMLButtonElement>(null);
  latest.current = state;

  const isActive = state.name === "recording" || state.name === "listening";
  // biome-ignore lint/correctness/useExhaustiveDependencies: told when it changes, not when the listener does
  useEffect(() => onActive?.(isActive), [isActive]);
  useEffect(() => () => letGo(latest.current), []);

  const begin = async () => {
    if (state.name !== "idle" && state.name !== "failed") return;
    setState({ name: "asking" });
    try {
      const recorder = await Recorder.begin(longestSeconds);
      setState({ name: "recording", recorder });
    } catch (error) {
      setState({ name: "failed", why: sentenceOf(error) });
    }
  };
  const stop = async () => {
    const now = latest.current;
    if (now.name !== "recording") return;
    const recorded = await now.recorder.stop();
    if (latest.current !== now) return; // cancelled meanwhile
    setState({ name: "listening", recorded, url: URL.createObjectURL(recorded.blob) });
  };
  const rest = () => {
    letGo(latest.current);
    setState({ name: "idle" });
    requestAnimationFrame(() => button.current?.focus());
  };
  const cancel = () => {
    rest();
    onCancel?.();
  };
  const take = () => {
    if (state.name !== "listening") return;
    onRecorded(state.recorded);
    rest();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !isActive) return;
    event.preventDefault();
    event.stopPropagation();
    cancel();
  };

  if (state.name === "recording" || state.name === "listening") {
    return (
      // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields
      <div
        className="recorder"
        role="group"
        aria-label={state.name === "recording" ? m.recording : m.listen}
        onKeyDown={onKeyDown}
      >
        <button
          type="button"
          className="icon-button"
          aria-label={m.cancelRecording}
          title={m.cancelRecording}
          onClick={cancel}
        >
          <Trash2 size={18} strokeWidth={1.75} aria-hidden="true" />
        </button>
        {state.name === "recording" ? (
          <Live recorder={state.recorder} onStop={() => void stop()} />
        ) : (
          <Review recorded={state.recorded} url={state.url} onTake={take} />
        )}
      </div>
    );
  }
  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    pressedAt.current = performance.now();
    void begin();
    const release = () => {
      removeEventListener("pointerup", release);
      if (performance.now() - pressedAt.current >= HELD_MS) void stop();
    };
    addEventListener("pointerup", release);
  };
  return (
    <span className="recorder-idle">
      <button
        ref={button}
        type="button"
        className="icon-button"
        aria-label={m.record}
        title={m.recordHint}
        disabled={disabled || state.name === "asking"}
        onPointerDown={onPointerDown}
        onClick={({ detail }) => detail === 0 && void begin()}
      >
        <Mic size={18} strokeWidth={1.75} aria-hidden="true" />
      </button>
      {state.name === "failed" && (
        <span role="alert" className="error recorder-why">
          {state.why}
        </span>
      )}
    </span>
  );
}

function Live({ recorder, onStop }: { recorder: Recorder; onStop: () => void }) {
  const [, setTick] = useState(0);
  const stop = useRef<HTMLButtonElement>(null);
  const latest = useRef(onStop);
  latest.current = onStop;
  useEffect(() => {
    stop.current?.focus();
    const timer = setInterval(() => {
      setTick((tick) => tick + 1);
      if (recorder.isFull) latest.current();
    }, 100);
    return () => clearInterval(timer);
  }, [recorder]);
  const levels = recorder.levels.slice(-SHOWN_LEVELS);
  return (
    <>
      <span className="recorder-dot" aria-hidden="true" />
      <span className="player-time" role="timer" aria-label={m.recording}>
        {clock(recorder.seconds)}
      </span>
      <div className="waveform live" aria-hidden="true">
        {levels.map((level, at) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
            key={at}
            className="bar played"
            style={{ "--level": `${Math.max(8, Math.min(100, level * 400))}%` } as CSSProperties}
          />
        ))}
      </div>
      <button
        ref={stop}
        type="button"
        className="player-button stop"
        aria-label={m.stop}
        title={m.stop}
        onClick={onStop}
      >
        <Square size={13} fill="currentColor" strokeWidth={0} aria-hidden="true" />
      </button>
    </>
  );
}

const SHOWN_LEVELS = 40;

function Review({
  recorded,
  url,
  onTake,
}: {
  recorded: Recorded;
  url: string;
  onTake: () => void;
}) {
  const take = useRef<HTMLButtonElement>(null);
  useEffect(() => take.current?.focus(), []);
  return (
    <>
      <Player
        name={m.voiceOf(clock(recorded.duration))}
        source={url}
        duration={recorded.duration}
        waveform={recorded.waveform}
      />
      <button
        ref={take}
        type="button"
        className="player-button"
        aria-label={m.sendVoice}
        title={m.sendVoice}
        onClick={onTake}
      >
        <SendHorizontal size={16} strokeWidth={2} aria-hidden="true" />
      </button>
    </>
  );
}

function letGo(state: State): void {
  if (state.name === "recording") state.recorder.cancel();
  if (state.name === "listening") URL.revokeObjectURL(state.url);
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof CannotRecord)) return m.cannotRecord;
  return {
    denied: m.microphoneDenied,
    missing: m.noMicrophone,
    unsupported: m.cannotRecord,
  }[error.why];
}
