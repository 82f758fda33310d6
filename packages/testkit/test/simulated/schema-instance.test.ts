import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { instanceOf } from '../../simulated/schema-instance.ts'

function problems(schema: unknown): string | null {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  const value: unknown = JSON.parse(JSON.stringify(instanceOf(schema)))
  return ajv.validate(schema as object, value) ? null : `${JSON.stringify(value)}: ${ajv.errorsText()}`
}

const node = { type: 'object', properties: { value: {}, next: { $ref: '#/$defs/node' } }, required: ['value'] }
const rows: Record<string, unknown> = {
  'an empty schema': {},
  true: true,
  'an object': { type: 'object', properties: { a: { type: 'string' }, b: { type: 'integer' } }, required: ['a'] },
  'required properties without a schema': { type: 'object', required: ['a', '__proto__'], additionalProperties: true },
  'extra properties': { type: 'object', minProperties: 3, additionalProperties: { type: 'boolean' } },
  'a nullable type': { type: ['null', 'string'] },
  'null alone': { type: 'null' },
  'an enum': { type: 'string', enum: ['a', 'b'] },
  'a const': { const: { a: [1, null] } },
  'any of': { anyOf: [{ type: 'number', minimum: 4 }, { type: 'string' }] },
  'any of beside properties': {
    type: 'object',
    properties: { a: { type: 'string' } },
    required: ['a'],
    anyOf: [{ properties: { b: { type: 'integer' } }, required: ['b'] }],
  },
  'one of with a dead end first': { oneOf: [false, { type: 'boolean' }] },
  'any of and one of': { anyOf: [{ minLength: 2 }], oneOf: [{ type: 'string' }] },
  'all of': { allOf: [{ type: 'integer', minimum: 3 }, { type: 'number', maximum: 5 }, { minimum: 4 }] },
  'all of objects': {
    allOf: [
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
      { properties: { a: { minLength: 20 }, b: { type: 'null' } }, required: ['b'] },
    ],
  },
  'all of any ofs': { allOf: [{ anyOf: [{ minimum: 3 }] }, { anyOf: [{ maximum: 9, type: 'integer' }] }] },
  'a reference': { $defs: { a: { type: 'integer' } }, type: 'array', items: { $ref: '#/$defs/a' }, minItems: 2 },
  'a reference with escapes': { $defs: { 'a/b~c': { const: 1 } }, $ref: '#/$defs/a~1b~0c' },
  'a reference beside keywords': { $defs: { a: { type: 'string' } }, $ref: '#/$defs/a', minLength: 30 },
  'a reference to itself': { type: 'object', properties: { child: { $ref: '#' } }, additionalProperties: false },
  'a linked list': { $defs: { node }, $ref: '#/$defs/node' },
  'a tree': {
    $defs: {
      t: { type: 'object', properties: { l: { anyOf: [{ $ref: '#/$defs/t' }, { type: 'null' }] } }, required: ['l'] },
    },
    $ref: '#/$defs/t',
  },
  'a tree of arrays': { type: 'object', properties: { of: { type: 'array', items: { $ref: '#' } } }, required: ['of'] },
  'a tuple': { type: 'array', prefixItems: [{ const: 1 }, { type: 'string' }], items: false, minItems: 2 },
  'unique items': { type: 'array', items: { type: 'string', maxLength: 3 }, minItems: 20, uniqueItems: true },
  'unique enum items': { type: 'array', items: { enum: ['a', 'b', 'c'] }, minItems: 3, uniqueItems: true },
  'unique objects': {
    type: 'array',
    minItems: 5,
    uniqueItems: true,
    items: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
  },
  'no items': { type: 'array', maxItems: 0 },
  'a half-open range': { type: 'number', exclusiveMinimum: 0, maximum: 1 },
  'an open range': { type: 'number', exclusiveMinimum: 0.1, exclusiveMaximum: 0.2 },
  'only an upper bound': { type: 'integer', exclusiveMaximum: -7 },
  multiples: { type: 'integer', multipleOf: 7, minimum: 15, maximum: 21 },
  'broken multiples': { type: 'number', multipleOf: 0.25, exclusiveMinimum: 1, maximum: 1.25 },
  'a long string': { type: 'string', minLength: 100, maxLength: 100 },
  'an empty string': { type: 'string', maxLength: 0 },
  ...Object.fromEntries(
    ['date-time', 'date', 'time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid', 'uri', 'uri-reference'].map(
      (format) => [
        `format ${format}`,
        { type: 'array', minItems: 40, uniqueItems: true, items: { type: 'string', format } },
      ],
    ),
  ),
}

for (const [what, schema] of Object.entries(rows)) {
  test(`an instance validates: ${what}`, (t) => {
    t.assert.equal(problems(schema), null)
  })
}

const scalar = fc.oneof(
  fc.constant({ type: 'boolean' }),
  fc.constant({ type: 'null' }),
  fc.record({ type: fc.constant('string'), minLength: fc.nat(40) }),
  fc.nat(40).map((maxLength) => ({ type: 'string', maxLength })),
  fc.constantFrom('date-time', 'email', 'uuid', 'ipv4').map((format) => ({ type: 'string', format })),
  fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 4 }).map((values) => ({ enum: values })),
  fc.jsonValue().map((value) => ({ const: value })),
  fc
    .tuple(fc.integer(), fc.nat(1_000))
    .map(([minimum, size]) => ({ type: 'integer', minimum, maximum: minimum + size })),
  fc.tuple(fc.integer({ min: -1_000, max: 1_000 }), fc.integer({ min: 1, max: 50 })).map(([minimum, multipleOf]) => ({
    type: 'integer',
    exclusiveMinimum: minimum,
    multipleOf,
  })),
  fc
    .tuple(fc.float({ noNaN: true, min: -1e6, max: 1e6 }), fc.float({ noNaN: true, min: 0.5, max: 1e3 }))
    .map(([least, size]) => ({
      type: 'number',
      exclusiveMinimum: least,
      exclusiveMaximum: least + size,
    })),
)

/** ajv itself leaves a property of this name out of account. */
const names = fc.string().filter((name) => name !== '__proto__')

const schemas = fc.letrec((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    tie('object'),
    tie('array'),
    tie('choice'),
    tie('reference'),
  ),
  object: fc
    .dictionary(names, tie('schema'), { maxKeys: 4 })
    .chain((properties) =>
      fc
        .subarray(Object.keys(properties))
        .map((required) => ({ type: 'object', properties, required, additionalProperties: false })),
    ),
  array: fc.record({
    type: fc.constant('array'),
    items: tie('schema'),
    minItems: fc.nat(3),
    maxItems: fc.integer({ min: 3, max: 6 }),
  }),
  choice: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
  reference: fc.constantFrom('name', 'list').map((name) => ({ $ref: `#/$defs/${name}` })),
}))

const $defs = {
  name: { type: 'string', minLength: 3 },
  list: {
    anyOf: [{ type: 'null' }, { type: 'object', properties: { next: { $ref: '#/$defs/list' } }, required: ['next'] }],
  },
}

test('an instance of any schema of the supported keywords validates', () => {
  fc.assert(
    fc.property(schemas.schema, (schema) => {
      const found = problems({ ...(schema as object), $defs })
      if (found !== null) throw new Error(found)
    }),
    { numRuns: 200 },
  )
})

for (const [what, schema] of Object.entries({
  'nothing can satisfy': false,
  'a reference into itself': { $ref: '#' },
  'an endless list': { type: 'object', properties: { next: { $ref: '#' } }, required: ['next'] },
  'branches without end': { type: 'array', minItems: 9, items: { $ref: '#' } },
  'a foreign reference': { $ref: 'https://example.com/schema' },
  'an empty enum': { enum: [] },
})) {
  test(`a schema that cannot be satisfied ends as null: ${what}`, (t) => {
    t.assert.equal(instanceOf(schema), null)
  })
}
