import { createFakeClock, type FakeClock } from '@parley/testkit/clock.ts'
import { pino } from 'pino'
import { Pool } from 'undici'
import type { CallEnd } from '../../contract/callee.ts'
import { contractViolated } from '../../contract/failures.ts'
import type { InstancePeer } from '../../discovery/instance.ts'
import { InstanceSet } from '../../discovery/instance-set.ts'
import type { Fit } from '../../placement/remote-peer.ts'

/** A peer of which the test says how it is. */
export interface FakePeer extends InstancePeer {
  readonly origin: string
  fit: Fit
  answers: boolean
  probes: number
  retired: boolean
}

export interface FakeHouse extends AsyncDisposable {
  readonly set: InstanceSet
  readonly clock: FakeClock
  peer(origin: string): FakePeer
  /** Makes the contract of these known. */
  fits(...origins: string[]): void
  /** Begins a call and ends it at once; resolves to the origin of the instance that got it. */
  call(end?: CallEnd): string
  /** What was written to the log. */
  readonly lines: readonly string[]
}

/** Instances of a service that exist only as far as the set needs; chance takes them in turn. */
export function createHouse(...origins: string[]): FakeHouse {
  const clock = createFakeClock()
  const peers = new Map<string, FakePeer & { checked: () => void }>()
  const lines: string[] = []
  let drawn = 0
  const set = new InstanceSet({
    service: 'sample',
    address: 'dns://sample:1',
    clock,
    timers: clock,
    log: pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) }),
    random: () => (drawn++ % 7) / 7,
    peerAt(origin, onChecked) {
      const peer = createPeer(origin, onChecked)
      peers.set(origin, peer)
      return peer
    },
  })
  set.update(origins)
  const peer = (origin: string) => {
    const found = peers.get(origin)
    if (found === undefined) throw new Error(`there was never an instance ${origin}`)
    return found
  }
  return {
    set,
    clock,
    lines,
    peer,
    fits(...fitting) {
      for (const origin of fitting) {
        peer(origin).fit = 'fits'
        peer(origin).checked()
      }
    },
    call(end = 'answered') {
      const instance = set.begin()
      instance.ended(end)
      return [...peers.values()].find(({ pool }) => pool === instance.pool)?.origin ?? 'none'
    },
    [Symbol.asyncDispose]: () => set[Symbol.asyncDispose](),
  }
}

function createPeer(origin: string, checked: () => void): FakePeer & { checked: () => void } {
  const pool = new Pool(origin)
  return {
    origin,
    pool,
    streams: pool,
    fit: 'unknown',
    answers: true,
    probes: 0,
    retired: false,
    checked,
    start() {},
    async probe() {
      this.probes++
      return this.answers
    },
    notReady() {
      return this.fit === 'differs' ? [`sample at ${origin} has another contract: it has no call read`] : []
    },
    assertCompatible() {
      if (this.fit === 'differs') throw contractViolated('sample', 'it has no call read')
    },
    async retire() {
      this.retired = true
      await pool.close()
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  }
}
