import { median } from '../measure/statistics.ts'
import { PACED } from '../settings.ts'
import { SUBJECT_NAMES, type SubjectName } from '../subjects/subject.ts'
import { dialectLines, dialectRemarks } from './print-dialects.ts'
import { storeLines, storeRemarks } from './print-stores.ts'
import { tracingLines, tracingRemarks } from './print-tracing.ts'
import type { Results } from './results.ts'
import type { PeerRatios, SubjectSummary } from './summary.ts'
import { figure, NOISY_SHARE, pair, percent, table } from './table.ts'

const TITLES: Readonly<Record<SubjectName, string>> = {
  upstream: 'upstream alone',
  parley: 'Parley',
  'parley-split': 'Parley split',
  portkey: 'Portkey',
}

export function reportLines(results: Results): string[] {
  return [
    ...measurementLines(results),
    ...ratioLines(results),
    ...sessionLines(results),
    ...storeLines(results),
    ...dialectLines(results),
    ...tracingLines(results),
    ...targetLines(results),
    ...remarkLines(results),
  ]
}

function measurementLines({ summary, rounds }: Results): string[] {
  const names = SUBJECT_NAMES.filter((name) => summary[name] !== undefined)
  if (names.length === 0) return []
  const row = (label: string, of: (subject: SubjectSummary) => string) => {
    const cells = names.map((name) => (summary[name] === undefined ? '–' : of(summary[name])))
    return [label, ...cells]
  }
  const rows = [
    [`median of ${rounds.length} round(s)`, ...names.map((name) => TITLES[name])],
    row('JSON at 32: requests/s', (subject) => figure(Math.round(subject.json32PerSecond))),
    row('  requests per core-second', (subject) => figure(Math.round(subject.json32PerCore))),
    row('  CPU each', (subject) => figure(subject.json32CpuMs * 1_000, ' µs')),
    row('  p50 / p99', (subject) => pair(subject.json32P50Ms, subject.json32P99Ms)),
    row('  core used by the subject', (subject) => percent(subject.json32SubjectShare)),
    row('JSON at 1: p50 / p99', (subject) => pair(subject.json1P50Ms, subject.json1P99Ms)),
    row('  added p50 / p99', (subject) => pair(subject.json1AddedP50Ms, subject.json1AddedP99Ms)),
    row('stream at 1: added first token p50 / p99', (s) => pair(s.firstTokenAddedP50Ms, s.firstTokenAddedP99Ms)),
    row('stream at 32: streams/s', (subject) => figure(Math.round(subject.stream32PerSecond))),
    row('  streams per core-second', (subject) => figure(Math.round(subject.stream32PerCore))),
    row('  CPU each', (subject) => figure(subject.stream32CpuMs, ' ms')),
    row(`${PACED.streams} paced: frames lost / late / broken`, (subject) =>
      subject.pacedFrames === 0 ? '–' : `${subject.pacedLost} / ${subject.pacedLate} / ${subject.pacedBroken}`,
    ),
    row('  lateness p99 / worst', (subject) => pair(subject.pacedLatenessP99Ms, subject.pacedLatenessMaxMs)),
    row('  core used by the subject', (subject) => percent(subject.pacedSubjectShare)),
    row('memory idle', (subject) => figure(subject.idleBytes / 1e6, ' MB')),
    row('  after load', (subject) => figure(subject.loadedBytes / 1e6, ' MB')),
    row('  core used when idle', (subject) => percent(subject.idleCpuShare)),
  ]
  return [
    '',
    ...table(rows.filter((cells, index) => index === 0 || cells.slice(1).some((cell) => !/^[– /]+$/.test(cell)))),
  ]
}

function ratioLines({ ratiosToPeer }: Results): string[] {
  const lines = (name: SubjectName, ratios: PeerRatios) => [
    TITLES[name],
    figure(ratios.jsonPerCore, '×'),
    figure(ratios.addedP50, '×'),
    figure(ratios.addedP99, '×'),
    figure(ratios.firstTokenAddedP50, '×'),
    figure(ratios.streamsPerCore, '×'),
  ]
  const rows: string[][] = []
  for (const name of SUBJECT_NAMES) if (ratiosToPeer[name] !== undefined) rows.push(lines(name, ratiosToPeer[name]))
  if (rows.length === 0) return []
  const header = ['against Portkey', 'requests/core', 'added p50', 'added p99', 'added first token', 'streams/core']
  return ['', ...table([header, ...rows])]
}

function sessionLines({ session, startsMs }: Results): string[] {
  const lines: string[] = []
  if (session !== null) {
    lines.push(
      '',
      `a turn in a session of ${figure(session.largeItems)} items: p50 ${figure(session.largeMs.p50)} ms; of ${session.smallItems} items: ${figure(session.smallMs.p50)} ms; ratio ${figure(session.ratio)}`,
      `  (${session.turnsEach} turns each, in turn; the window was full in both: ${figure(session.largePromptTokens)} and ${figure(session.smallPromptTokens)} prompt tokens)`,
    )
  }
  if (startsMs.length > 0) {
    lines.push(
      '',
      `npm start to the first answer: ${figure(median(startsMs) / 1_000)} s (median of ${startsMs.length})`,
    )
  }
  return lines
}

function targetLines({ targets }: Results): string[] {
  const verdict = { true: 'reached', false: 'MISSED', null: 'not measured' }
  const rows = targets.map((target) => [target.name, target.goal, target.measured, verdict[`${target.reached}`]])
  return ['', ...table([['target', 'goal', 'measured', ''], ...rows])]
}

function remarkLines(results: Results): string[] {
  const { summary, problems, session } = results
  const lines = problems.map(({ what, reason }) => `could not be measured: ${what}: ${reason}`)
  for (const name of SUBJECT_NAMES) {
    const subject = summary[name]
    if (subject === undefined) continue
    if (subject.failed > 0) lines.push(`${TITLES[name]}: ${subject.failed} exchanges failed; its figures do not count`)
    if (subject.firstFailure !== null) lines.push(`${TITLES[name]}: the first failure: ${subject.firstFailure}`)
    if (subject.foreignShareMax > NOISY_SHARE) {
      lines.push(`${TITLES[name]}: other processes took up to ${percent(subject.foreignShareMax)} of the two cores`)
    }
    if (name !== 'upstream' && subject.json32SubjectShare < 0.85) {
      lines.push(
        `${TITLES[name]}: used only ${percent(subject.json32SubjectShare)} of its core at 32: something else was the limit`,
      )
    }
  }
  if (session !== null && Math.abs(session.largePromptTokens / session.smallPromptTokens - 1) > 0.1) {
    lines.push('session turns: the two windows differ by more than a tenth; the ratio does not count')
  }
  lines.push(...storeRemarks(results), ...dialectRemarks(results), ...tracingRemarks(results))
  return lines.length === 0 ? [] : ['', ...lines]
}
