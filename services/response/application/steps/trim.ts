import type { CreateStep } from '../pipeline.ts'
import { type TextRewriter, transformText } from '../transform-text.ts'

/** Takes away white space before and after the text. */
export const createStep: CreateStep = () => () => transformText(createTrimmer)

function createTrimmer(): TextRewriter {
  let started = false
  let held = ''
  return {
    write(delta) {
      const text = started ? held + delta : delta.trimStart()
      if (text === '') return ''
      started = true
      const kept = text.trimEnd()
      held = text.slice(kept.length)
      return kept
    },
    end: () => '',
  }
}
