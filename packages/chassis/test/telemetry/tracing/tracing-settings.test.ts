import { type TestContext, test } from 'node:test'
import { type Env, EnvReader } from '../../../config/env-reader.ts'
import { readTracingSettings } from '../../../telemetry/tracing/tracing-settings.ts'

function read(env: Env) {
  const reader = new EnvReader(env)
  const settings = readTracingSettings(reader)
  return { settings, problems: reader.problems }
}

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://jaeger:4318' }

test('nothing is traced without a place to send it to, and when it is switched off', (t: TestContext) => {
  const off: Env[] = [
    {},
    { OTEL_TRACES_SAMPLER: 'always_on' },
    { ...endpoint, OTEL_SDK_DISABLED: 'true' },
    { ...endpoint, OTEL_TRACES_EXPORTER: 'none' },
  ]
  for (const env of off) t.assert.deepStrictEqual(read(env), { settings: null, problems: [] })
})

test('spans go to /v1/traces below the endpoint, or to the very place that is named', (t: TestContext) => {
  const urlOf = (env: Env) => read(env).settings?.exporter.url
  t.assert.strictEqual(urlOf(endpoint), 'http://jaeger:4318/v1/traces')
  t.assert.strictEqual(
    urlOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://a.example/otlp/' }),
    'https://a.example/otlp/v1/traces',
  )
  t.assert.strictEqual(
    urlOf({ ...endpoint, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://a.example/in' }),
    'https://a.example/in',
  )
  t.assert.strictEqual(urlOf({ OTEL_TRACES_EXPORTER: 'zipkin' }), 'http://localhost:9411/api/v2/spans')
})

test('the samplers of OpenTelemetry mean what they mean elsewhere', (t: TestContext) => {
  const samplerOf = (env: Env) => read({ ...endpoint, ...env }).settings?.sampler
  t.assert.deepStrictEqual(samplerOf({}), { parentBased: true, ratio: 1 })
  t.assert.deepStrictEqual(samplerOf({ OTEL_TRACES_SAMPLER: 'always_off' }), { parentBased: false, ratio: 0 })
  t.assert.deepStrictEqual(
    samplerOf({ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.05' }),
    { parentBased: true, ratio: 0.05 },
  )
})

test('headers and attributes are read as lists of pairs', (t: TestContext) => {
  const { settings } = read({
    ...endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20b, x-team = core',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=production',
  })
  t.assert.deepStrictEqual(settings?.exporter.headers, { 'x-key': 'a b', 'x-team': 'core' })
  t.assert.deepStrictEqual(settings?.resource, { 'deployment.environment.name': 'production' })
})

test('what cannot be meant is refused by its name, without its value', (t: TestContext) => {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'jaeger:4318',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_TRACES_SAMPLER: 'sometimes',
    OTEL_TRACES_SAMPLER_ARG: '5',
    OTEL_EXPORTER_OTLP_HEADERS: 'secret-without-a-name',
  }
  const { problems } = read(env)
  t.assert.strictEqual(problems.length, Object.keys(env).length)
  for (const name of Object.keys(env))
    t.assert.ok(
      problems.some((problem) => problem.startsWith(name)),
      name,
    )
  t.assert.ok(!problems.join().includes('secret-without'))
})
