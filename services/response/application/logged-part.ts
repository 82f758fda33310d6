import type { Frame } from '@parley/kernel/frames.ts'
import { OutputAssembly } from '../domain/output-assembly.ts'
import type { FrameLog, ResponseRecord } from './ports.ts'

/** What is known of a response from its log: the frames that may have been delivered, and what they come to. */
export async function partOf(
  log: FrameLog,
  { responseId, logged }: Pick<ResponseRecord, 'responseId' | 'logged'>,
): Promise<{ frames: Frame[]; assembly: OutputAssembly }> {
  const frames: Frame[] = []
  const assembly = new OutputAssembly()
  if (!logged) return { frames, assembly }
  for (let page = await log.read(null, responseId, -1); page.length > 0; ) {
    frames.push(...page)
    page = await log.read(null, responseId, frames.length - 1)
  }
  for (const { step } of frames) {
    if (step.type !== 'response-start' && step.type !== 'response-end') assembly.take(step)
  }
  return { frames, assembly }
}
