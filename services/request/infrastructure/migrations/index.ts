import type { Migration } from '@parley/chassis/store/migrations.ts'
import { initial } from './0001-initial.ts'
import { budgetsAndSaga } from './0002-budgets-and-saga.ts'
import { earlyTurns } from './0003-early-turns.ts'
import { openHolds } from './0004-open-holds.ts'

export const migrations: readonly Migration[] = [initial, budgetsAndSaga, earlyTurns, openHolds]
