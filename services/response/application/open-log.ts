import type { Transactor } from '@parley/chassis/values/transaction.ts'
import type { RequestInput } from '@parley/request/contract.ts'
import { responseStart } from '../domain/frame-numbering.ts'
import { OutputAssembly } from '../domain/output-assembly.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { LiveRun } from './live-runs.ts'
import { partOf } from './logged-part.ts'
import type { ContentStore, FrameLog } from './ports.ts'

export interface OpenLogPorts {
  log: FrameLog
  contents: ContentStore
  transactor: Transactor
}

/** What a run goes on from. */
export interface OpenedLog {
  /** The input of a stored response is in the store. */
  readonly inputKept: boolean
  readonly assembly: OutputAssembly
  /** The items of earlier attempts, which the indexes of this one begin after. */
  readonly itemsBefore: number
}

export type OpenLog = (run: LiveRun, writer: FrameWriter, input: RequestInput) => Promise<OpenedLog>

/**
 * Begins what is told of a logged response, or goes on below what an earlier attempt told. The input of a stored response
 * is kept before anything of it can be seen; an answer that comes whole is written whole, when it ends, and until then
 * its request knows the input.
 */
export function createOpenLog({ log, contents, transactor }: OpenLogPorts): OpenLog {
  return async function openLog(run, writer, input) {
    const { response, framesBefore } = run.claim
    const isWhole = input.delivery === 'whole' && framesBefore === 0
    if (isWhole) writer.hold()
    else if (response.store) await transactor.transaction((tx) => contents.putInput(tx, response.responseId, input))
    if (framesBefore === 0) writer.write(responseStart(response))
    const assembly = framesBefore > 1 ? await endWhatIsOpen(run, writer) : new OutputAssembly()
    return { inputKept: !isWhole, assembly, itemsBefore: assembly.items().length }
  }

  /** So that every item is told of whole before the next begins. */
  async function endWhatIsOpen(run: LiveRun, writer: FrameWriter): Promise<OutputAssembly> {
    const { assembly } = await partOf(log, run.claim.response)
    for (const step of assembly.missingEnds()) {
      assembly.take(step)
      writer.write(step)
    }
    return assembly
  }
}
