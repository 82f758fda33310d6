import { distance } from 'fastest-levenshtein'

/** The known name that `name` was probably meant to be; null when none is near enough. */
export function nearestName(name: string, known: Iterable<string>): string | null {
  const mistakesMax = Math.min(3, Math.floor(name.length / 4))
  let best: { name: string; mistakes: number } | null = null
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) > mistakesMax) continue
    const mistakes = distance(name, candidate)
    if (mistakes <= mistakesMax && (best === null || mistakes < best.mistakes)) best = { name: candidate, mistakes }
  }
  return best?.name ?? null
}
