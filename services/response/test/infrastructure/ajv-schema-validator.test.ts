import { type TestContext, test } from 'node:test'
import { AjvSchemaValidator } from '../../infrastructure/ajv-schema-validator.ts'

test('a problem is told in words, with its place', (t: TestContext) => {
  const schema = { type: 'object', properties: { tags: { type: 'array', items: { type: 'string' } } } }
  t.assert.strictEqual(new AjvSchemaValidator().problem(schema, { tags: ['a', 1] }), '/tags/1 must be string')
  t.assert.strictEqual(new AjvSchemaValidator().problem(schema, { tags: [] }), null)
})

test('a schema that cannot be compiled is not checked', (t: TestContext) => {
  t.assert.strictEqual(new AjvSchemaValidator().problem({ $ref: 'https://elsewhere.example/schema' }, 1), null)
  t.assert.strictEqual(new AjvSchemaValidator().problem({ type: 'no such type' }, 1), null)
})

test('the same id may be used by two schemas', (t: TestContext) => {
  const validator = new AjvSchemaValidator()
  t.assert.strictEqual(validator.problem({ $id: 'x', type: 'string' }, 1), 'the value must be string')
  t.assert.strictEqual(validator.problem({ $id: 'x', type: 'number' }, 1), null)
})

test("a caller's pattern is matched in linear time", (t: TestContext) => {
  const validator = new AjvSchemaValidator()
  const startedAtMs = performance.now()
  const problem = validator.problem({ type: 'string', pattern: '^(a+)+$' }, `${'a'.repeat(5_000)}!`)
  t.assert.match(problem ?? '', /pattern/)
  t.assert.ok(performance.now() - startedAtMs < 2_000)
  t.assert.strictEqual(validator.problem({ type: 'string', pattern: '^(a+)+$' }, 'aaa'), null)
})

test('each pattern of a schema is its own', (t: TestContext) => {
  const digits = { type: 'string', pattern: '^[0-9]+$' }
  const schema = { type: 'object', properties: { word: { type: 'string', pattern: '^[a-z]+$' }, number: digits } }
  const validator = new AjvSchemaValidator()
  t.assert.strictEqual(validator.problem(schema, { word: 'abc', number: '123' }), null)
  t.assert.match(validator.problem(schema, { word: 'abc', number: 'abc' }) ?? '', /number must match pattern/)
  const named = { type: 'object', patternProperties: { '^x-': true }, additionalProperties: false }
  t.assert.strictEqual(validator.problem(named, { 'x-a': 1 }), null)
  t.assert.notStrictEqual(validator.problem(named, { a: 1 }), null)
})
