import { type TestContext, test } from 'node:test'
import type { ParleyConfigFile } from '../../config/config-file.ts'
import { EnvReader } from '../../config/env-reader.ts'
import { integerSetting } from '../../config/setting.ts'
import { defineContract } from '../../contract/define-contract.ts'
import { type AnyService, defineService } from '../../runtime/define-service.ts'
import { unknownSettings, unknownSettingText } from '../../runtime/unknown-settings.ts'

const kitchen = serviceOf('kitchen', 'KITCHEN_OVENS_MAX')
const cellar = serviceOf('cellar', 'CELLAR_BOTTLES_MAX')
const contracts = [kitchen.contract, cellar.contract]

function serviceOf(name: string, setting: string): AnyService {
  const settings = { only: integerSetting(setting, { description: 'Of the test.', fallback: 1, min: 1, max: 9 }) }
  return defineService({
    contract: defineContract(name, { version: '1.0.0', calls: {}, events: {} }),
    needs: {},
    migrations: null,
    settings,
    loadConfig: (env) => env.readAll(settings),
    create: () => ({ calls: {} }),
  })
}

function told(services: readonly AnyService[], variables: readonly string[], file: ParleyConfigFile = {}): string[] {
  const env = Object.fromEntries(variables.map((name) => [name, '1']))
  return unknownSettings({ env, reader: new EnvReader(env, file), services, contracts }).map(unknownSettingText)
}

test('a misspelt variable is told with the name that was meant', (t: TestContext) => {
  t.assert.deepEqual(told([kitchen, cellar], ['KITCHEN_OVEN_MAX', 'KICHEN_DATABASE_URL', 'KITCHEN_OVENS_MAX']), [
    'KICHEN_DATABASE_URL (environment) is not a setting; did you mean KITCHEN_DATABASE_URL?',
    'KITCHEN_OVEN_MAX (environment) is not a setting; did you mean KITCHEN_OVENS_MAX?',
  ])
})

test('what begins like a setting is told although no name is near, and what is of others is not', (t: TestContext) => {
  t.assert.deepEqual(
    told([kitchen, cellar], ['KITCHEN_FANCY', 'HOME', 'LANG', 'NODE_OPTIONS', 'KITCHEN_SERVICE_HOST']),
    ['KITCHEN_FANCY (environment) is not a setting: unset it, or see docs/configuration.md'],
  )
})

test('a program with one service leaves settings of the others to them', (t: TestContext) => {
  const shared = ['CELLAR_BOTTLES_MAX', 'CELLAR_BOTTLE_MAX', 'CELLAR_DATABASE_URL', 'PARLEY_DATA', 'PARLEY_URL']
  t.assert.deepEqual(told([kitchen], shared), [])
  t.assert.deepEqual(told([kitchen], ['CELLAR_SERVICE_ULR', 'KITCHEN_FANCY']), [
    'CELLAR_SERVICE_ULR (environment) is not a setting; did you mean CELLAR_SERVICE_URL?',
    'KITCHEN_FANCY (environment) is not a setting: unset it, or see docs/configuration.md',
  ])
})

test('the configuration file is looked at too, all of it by the program that knows all settings', (t: TestContext) => {
  const file = { settings: { LOG_LEVLE: 'debug', FANCY: '1' } }
  const misspelt = 'LOG_LEVLE (parley.config.ts) is not a setting; did you mean LOG_LEVEL?'
  t.assert.deepEqual(told([kitchen], [], file), [misspelt])
  t.assert.deepEqual(told([kitchen, cellar], [], file), [
    'FANCY (parley.config.ts) is not a setting: unset it, or see docs/configuration.md',
    misspelt,
  ])
})

test('a key that the configuration file names is a setting', (t: TestContext) => {
  const file = { providers: { spare: { baseUrl: 'https://spare.example', apiKeyEnv: 'KITCHEN_KEY' } } }
  t.assert.deepEqual(told([kitchen], ['KITCHEN_KEY', 'KITCHEN_KEY_FILE'], file), [])
})
