import type { Migration } from '@parley/chassis/store/migrations.ts'
import { initial } from './0001-initial.ts'

export const migrations: readonly Migration[] = [initial]
