import { type TestContext, test } from 'node:test'
import {
  nextStatus,
  type SessionStatus,
  type SessionTrigger,
  sessionLifecycle,
} from '../../domain/session-lifecycle.ts'
import { failsWith } from '../harness.ts'

/** Written out a second time, as a reader of the diagram would: where it leads and who hears of it. */
const expected: Record<SessionStatus, Record<SessionTrigger, string>> = {
  open: {
    activity: 'open',
    'turn-append': 'open',
    'idle-timeout': 'idle, idled',
    'expire-timeout': 'open',
    close: 'closed, closed',
    reopen: 'open',
  },
  idle: {
    activity: 'open, reopened',
    'turn-append': 'open, reopened',
    'idle-timeout': 'idle',
    'expire-timeout': 'expired, expired',
    close: 'closed, closed',
    reopen: 'open, reopened',
  },
  closed: {
    activity: 'SESSION_CLOSED',
    'turn-append': 'closed',
    'idle-timeout': 'closed',
    'expire-timeout': 'closed',
    close: 'closed',
    reopen: 'open, reopened',
  },
  expired: {
    activity: 'SESSION_CLOSED',
    'turn-append': 'expired',
    'idle-timeout': 'expired',
    'expire-timeout': 'expired',
    close: 'closed, closed',
    reopen: 'open, reopened',
  },
}

for (const [status, row] of Object.entries(expected) as [SessionStatus, Record<SessionTrigger, string>][]) {
  for (const [trigger, outcome] of Object.entries(row) as [SessionTrigger, string][]) {
    test(`${status} + ${trigger} → ${outcome}`, (t: TestContext) => {
      if (outcome === 'SESSION_CLOSED') {
        t.assert.throws(() => nextStatus('conv_1', status, trigger), failsWith('SESSION_CLOSED', /conv_1.*Reopen it/))
        return
      }
      const { to, publishes } = nextStatus('conv_1', status, trigger)
      t.assert.strictEqual(publishes === null ? to : `${to}, ${publishes}`, outcome)
    })
  }
}

test('an event is published exactly when the status changes', (t: TestContext) => {
  for (const [status, row] of Object.entries(sessionLifecycle)) {
    for (const [trigger, transition] of Object.entries(row)) {
      if (transition === 'refused') continue
      t.assert.strictEqual(transition.publishes !== null, transition.to !== status, `${status} + ${trigger}`)
    }
  }
})
