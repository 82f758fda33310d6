import { AppError } from '@parley/chassis/values/errors.ts'

/**
 * The life of a session.
 *
 *          ┌────────────────────────── reopen ─────────────────────────┐
 *          ▼                                                           │
 *        open ───── idle-timeout ────▶ idle ── expire-timeout ──▶ expired
 *        │ ▲ ▲                         │  │                            │
 *        │ │ └─ activity, turn-append, ┘  │ close                      │ close
 *        │ │    reopen                    ▼                            │
 *        │ └────────────── reopen ───── closed ◀───────────────────────┘
 *        └────────── close ───────────────▲
 *
 * `activity` is a turn that begins or items that are appended; closed and expired sessions refuse it. `turn-append` is
 * the end of a turn that was accepted before: it is never refused and wakes an idle session only.
 */
export type SessionStatus = 'open' | 'idle' | 'closed' | 'expired'
export type SessionTrigger = 'activity' | 'turn-append' | 'idle-timeout' | 'expire-timeout' | 'close' | 'reopen'

/** What others hear of it; null when nothing changed for them. */
export type LifecycleEvent = 'idled' | 'reopened' | 'closed' | 'expired'

export interface Transition {
  readonly to: SessionStatus
  readonly publishes: LifecycleEvent | null
}

const refused = 'refused'
const opens = { to: 'open', publishes: 'reopened' } as const
const closes = { to: 'closed', publishes: 'closed' } as const
const stays = <S extends SessionStatus>(to: S) => ({ to, publishes: null }) as const

export const sessionLifecycle: Readonly<
  Record<SessionStatus, Readonly<Record<SessionTrigger, Transition | typeof refused>>>
> = {
  open: {
    activity: stays('open'),
    'turn-append': stays('open'),
    'idle-timeout': { to: 'idle', publishes: 'idled' },
    'expire-timeout': stays('open'),
    close: closes,
    reopen: stays('open'),
  },
  idle: {
    activity: opens,
    'turn-append': opens,
    'idle-timeout': stays('idle'),
    'expire-timeout': { to: 'expired', publishes: 'expired' },
    close: closes,
    reopen: opens,
  },
  closed: {
    activity: refused,
    'turn-append': stays('closed'),
    'idle-timeout': stays('closed'),
    'expire-timeout': stays('closed'),
    close: stays('closed'),
    reopen: opens,
  },
  expired: {
    activity: refused,
    'turn-append': stays('expired'),
    'idle-timeout': stays('expired'),
    'expire-timeout': stays('expired'),
    close: closes,
    reopen: opens,
  },
}

/** Throws SESSION_CLOSED when the state does not allow the trigger. */
export function nextStatus(sessionId: string, status: SessionStatus, trigger: SessionTrigger): Transition {
  const transition = sessionLifecycle[status][trigger]
  if (transition !== refused) return transition
  const state = status === 'expired' ? 'has expired' : 'is closed'
  throw new AppError(
    'SESSION_CLOSED',
    `Session '${sessionId}' ${state} and takes nothing new. Reopen it and try again.`,
  )
}
