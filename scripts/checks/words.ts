import { readPages } from './markdown.ts'

/** Adjectives that praise instead of telling. */
const praise = [
  'amazing',
  'battle-tested',
  'best-in-class',
  'blazing',
  'blazingly',
  'bulletproof',
  'comprehensive',
  'cutting-edge',
  'effortless',
  'effortlessly',
  'enterprise-grade',
  'game-changing',
  'industry-leading',
  'lightning-fast',
  'next-generation',
  'powerful',
  'production-grade',
  'production-ready',
  'revolutionary',
  'robust',
  'robustly',
  'robustness',
  'rock-solid',
  'seamless',
  'seamlessly',
  'state-of-the-art',
  'world-class',
]

const pattern = new RegExp(`(?<![\\w-])(?:${praise.join('|')})(?![\\w-])`, 'gi')

/** Places in the documentation that praise. */
export async function findWordProblems(root: string): Promise<string[]> {
  return readPages(root).flatMap(({ file, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => [...line.matchAll(pattern)].map(([word]) => `${file}:${index + 1} praises: ${word}`)),
  )
}
