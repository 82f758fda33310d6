import { describe, test } from 'node:test'
import { Type } from 'typebox'
import { call, defineContract, stream } from '../../contract/define-contract.ts'
import { breakingDifferences, describeContract } from '../../contract/descriptor.ts'

const base = {
  in: Type.Object({ id: Type.String(), mode: Type.Union([Type.Literal('a'), Type.Literal('b')]) }),
  out: Type.Object({ id: Type.String(), tags: Type.Array(Type.Object({ name: Type.String() })) }),
}

function contractOf(
  parts: Partial<typeof base> & { version?: string; http?: 'GET /x' | 'POST /x'; extra?: boolean; streams?: boolean },
) {
  const { version = '1.0', http = 'POST /x', extra = false, streams = false } = parts
  const shape = { http, in: parts.in ?? base.in, effect: 'read' as const }
  const out = parts.out ?? base.out
  return describeContract(
    defineContract('thing', {
      version,
      calls: {
        get: streams ? stream({ ...shape, frames: out }) : call({ ...shape, out }),
        ...(extra && { more: call({ http: 'GET /more', in: Type.Object({}), out: Type.Object({}), effect: 'read' }) }),
      },
      events: {},
    }),
  )
}

describe('a consumer can talk to a provider that', () => {
  const compatible = {
    'is the same': contractOf({}),
    'has another call': contractOf({ extra: true, version: '1.1' }),
    'takes one more optional field': contractOf({
      in: Type.Object({ ...base.in.properties, note: Type.Optional(Type.String()) }) as never,
    }),
    'answers with one more field': contractOf({
      out: Type.Object({ ...base.out.properties, age: Type.Integer() }) as never,
    }),
    'takes one more variant': contractOf({
      in: Type.Object({
        id: Type.String(),
        mode: Type.Union([Type.Literal('a'), Type.Literal('b'), Type.Literal('c')]),
      }) as never,
    }),
  }
  for (const [what, theirs] of Object.entries(compatible)) {
    test(what, (t) => t.assert.deepEqual(breakingDifferences(contractOf({}), theirs), []))
  }
})

describe('a consumer cannot talk to a provider that', () => {
  const breaking: Record<string, [ReturnType<typeof contractOf>, RegExp]> = {
    'speaks another major version': [contractOf({ version: '2.0' }), /version 2\.0/],
    'is reached otherwise': [contractOf({ http: 'GET /x' }), /get is reached as GET \/x/],
    'streams instead of answering': [contractOf({ streams: true }), /get is reached as/],
    'demands one more field': [
      contractOf({ in: Type.Object({ ...base.in.properties, token: Type.String() }) as never }),
      /token of the input of get is required/,
    ],
    'no longer answers with a field': [
      contractOf({ out: Type.Object({ id: Type.String() }) as never }),
      /tags of the answer of get is required, but may be missing/,
    ],
    'answers with another type deep inside': [
      contractOf({
        out: Type.Object({ id: Type.String(), tags: Type.Array(Type.Object({ name: Type.Integer() })) }) as never,
      }),
      /name of an entry of tags of the answer of get is integer, but string is expected/,
    ],
    'no longer takes a variant': [
      contractOf({ in: Type.Object({ id: Type.String(), mode: Type.Literal('a') }) as never }),
      /mode of the input of get is "b"/,
    ],
  }
  for (const [what, [theirs, words]] of Object.entries(breaking)) {
    test(what, (t) => t.assert.match(breakingDifferences(contractOf({}), theirs).join('; '), words))
  }
})
