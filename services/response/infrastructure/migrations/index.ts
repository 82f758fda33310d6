import type { Migration } from '@parley/chassis/store/migrations.ts'
import { initial } from './0001-initial.ts'
import { runners } from './0002-runners.ts'
import { completions } from './0003-completions.ts'
import { outputItems } from './0004-output-items.ts'
import { traceparent } from './0005-traceparent.ts'

export const migrations: readonly Migration[] = [initial, runners, completions, outputItems, traceparent]
