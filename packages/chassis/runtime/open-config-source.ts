import { ConfigFileSource, type ConfigSource } from '../config/config-source.ts'
import { type Env, EnvReader } from '../config/env-reader.ts'
import { configFileSettings } from './process-settings.ts'

/** The configuration file of a program that is started in `folder`. Throws ConfigError. */
export function openConfigSource(env: Env, folder: string): ConfigSource {
  const reader = new EnvReader(env)
  const path = reader.read(configFileSettings.path)
  reader.throwIfProblems()
  return new ConfigFileSource({ folder, path })
}
