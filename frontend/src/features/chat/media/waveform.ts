/** Loudness along a recording, as a few bars. */
export const BARS = 48;

/** Samples (−1 to 1) as so many numbers from 0 to 100, the loudest being 100; silence stays silent. */
export function waveformOf(samples: Float32Array, bars = BARS): number[] {
  const levels: number[] = [];
  const width = samples.length / bars;
  for (let bar = 0; bar < bars; bar++) {
    const from = Math.floor(bar * width);
    const to = Math.max(from + 1, Math.floor((bar + 1) * width));
    let sum = 0;
    let count = 0;
    for (let at = from; at < to && at < samples.length; at++) {
      const sample = samples[at] ?? 0;
      sum += sample * sample;
      count++;
    }
    levels.push(count === 0 ? 0 : Math.sqrt(sum / count));
  }
  return scaled(levels);
}

/** The same from levels that were measured on the way. */
export function barsOf(levels: readonly number[], bars = BARS): number[] {
  return waveformOf(Float32Array.from(levels), bars);
}

const SILENCE = 0.004;

function scaled(levels: number[]): number[] {
  const loudest = Math.max(SILENCE, ...levels);
  return levels.map((level) => Math.round((level / loudest) * 100));
}
