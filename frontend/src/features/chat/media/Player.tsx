import { Pause, Play } from "lucide-react";
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
import { BARS } from "./waveform";

interface Props {
  name: string;
  source: string;
  /** Seconds, as known before it is loaded. */
  duration: number | null;
  waveform: readonly number[] | null;
}

const STEP_SECONDS = 5;

/** Plays one recording; starting another one stops it. */
export function Player({ name, source, duration, waveform }: Props) {
  const audio = useRef<HTMLAudioElement>(null);
  const [isPlaying, setPlaying] = useState(false);
  const [now, setNow] = useState(0);
  const [loaded, setLoaded] = useState<number | null>(null);
  const [isUnplayable, setUnplayable] = useState(false);
  const whole = duration ?? loaded ?? 0;
  useFrames(isPlaying, () => setNow(audio.current?.currentTime ?? 0));

  const toggle = () => {
    const element = audio.current;
    if (element === null) return;
    if (!element.paused) return element.pause();
    stopOthers(element);
    void element.play().catch(() => undefined); // an error of the source is told by `onError`
  };
  const seek = (to: number) => {
    const element = audio.current;
    if (element === null || whole === 0) return;
    const seconds = Math.min(Math.max(0, to), whole);
    element.currentTime = seconds;
    setNow(seconds);
  };

  if (isUnplayable) return <p className="muted">{m.cannotPlay}</p>;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields
    <div className="player" role="group" aria-label={name}>
      {/* biome-ignore lint/a11y/useMediaCaption: what was said into a microphone has none */}
      <audio
        ref={audio}
        src={source}
        preload="none"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => {
          setPlaying(false);
          setNow(0);
        }}
        onLoadedMetadata={({ currentTarget }) =>
          Number.isFinite(currentTarget.duration) && setLoaded(currentTarget.duration)
        }
        onError={() => setUnplayable(true)}
      />
      <button
        type="button"
        className="player-button"
        aria-label={isPlaying ? m.pause : m.play}
        onClick={toggle}
      >
        {isPlaying ? (
          <Pause size={16} fill="currentColor" strokeWidth={0} aria-hidden="true" />
        ) : (
          <Play size={16} fill="currentColor" strokeWidth={0} aria-hidden="true" />
        )}
      </button>
      <Waveform
        bars={waveform}
        share={whole === 0 ? 0 : now / whole}
        now={now}
        whole={whole}
        onSeek={seek}
      />
      <span className="player-time">{clock(isPlaying || now > 0 ? now : whole)}</span>
    </div>
  );
}

interface WaveformProps {
  bars: readonly number[] | null;
  share: number;
  now: number;
  whole: number;
  onSeek: (seconds: number) => void;
}

function Waveform({ bars, share, now, whole, onSeek }: WaveformProps) {
  const onPointer = (event: PointerEvent<HTMLDivElement>) => {
    if (event.type === "pointermove" && event.buttons !== 1) return;
    const { left, width } = event.currentTarget.getBoundingClientRect();
    event.currentTarget.setPointerCapture(event.pointerId);
    onSeek(((event.clientX - left) / width) * whole);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const to = {
      ArrowRight: now + STEP_SECONDS,
      ArrowUp: now + STEP_SECONDS,
      ArrowLeft: now - STEP_SECONDS,
      ArrowDown: now - STEP_SECONDS,
      Home: 0,
      End: whole,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onSeek(to);
  };
  const shown = bars?.length ? bars : Array.from({ length: BARS }, () => 12);
  return (
    <div
      className="waveform"
      role="slider"
      tabIndex={0}
      aria-label={m.position}
      aria-valuemin={0}
      aria-valuemax={Math.round(whole)}
      aria-valuenow={Math.round(now)}
      aria-valuetext={m.positionOf(clock(now), clock(whole))}
      onPointerDown={onPointer}
      onPointerMove={onPointer}
      onKeyDown={onKeyDown}
    >
      {shown.map((level, at) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
          key={at}
          className={(at + 0.5) / shown.length <= share ? "bar played" : "bar"}
          style={{ "--level": `${Math.max(8, level)}%` } as CSSProperties}
        />
      ))}
    </div>
  );
}

function useFrames(isRunning: boolean, onFrame: () => void): void {
  const latest = useRef(onFrame);
  latest.current = onFrame;
  useEffect(() => {
    if (!isRunning) return;
    let frame = requestAnimationFrame(function tick() {
      latest.current();
      frame = requestAnimationFrame(tick);
    });
    return () => cancelAnimationFrame(frame);
  }, [isRunning]);
}

function stopOthers(element: HTMLAudioElement): void {
  for (const other of document.querySelectorAll("audio")) if (other !== element) other.pause();
}
