import { Envelope } from '../events/envelope.ts'
import type { AnyEvent, Contract } from './define-contract.ts'

/** The events that services publish and take, as an AsyncAPI 3.0 document: one channel per publisher. */
export function asyncApiOf(contracts: readonly Pick<Contract, 'name' | 'version' | 'events' | 'subscribes'>[]) {
  const publishers = contracts.filter(({ events }) => Object.keys(events).length > 0)
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Parley events',
      version: '1.0.0',
      description:
        'Events are CloudEvents 1.0 in JSON. Those of one subject arrive in order, each at least once; a subscriber knows a repeated one by its id.',
    },
    defaultContentType: 'application/cloudevents+json',
    channels: Object.fromEntries(publishers.map((contract) => [contract.name, channelOf(contract)])),
    operations: {
      ...Object.fromEntries(publishers.map((contract) => [`${contract.name}-publishes`, sending(contract)])),
      ...receivings(contracts, publishers),
    },
    components: {
      messages: Object.fromEntries(publishers.flatMap(({ events }) => Object.values(events).map(messageOf))),
    },
  }
}

type Publisher = Pick<Contract, 'name' | 'version' | 'events'>

function channelOf({ name, version, events }: Publisher): object {
  const messages = Object.values(events).map(({ type }) => [type, { $ref: `#/components/messages/${type}` }])
  return {
    address: name,
    title: `Events of the ${name} service, contract ${version}`,
    messages: Object.fromEntries(messages),
  }
}

function sending({ name, events }: Publisher): object {
  return operation('send', name, Object.values(events))
}

/** What each service takes, by who publishes it. */
function receivings(contracts: readonly Pick<Contract, 'name' | 'subscribes'>[], publishers: readonly Publisher[]) {
  const operations: Record<string, object> = {}
  for (const { name, subscribes } of contracts) {
    for (const publisher of publishers) {
      const taken = Object.values(publisher.events).filter(({ type }) => subscribes.includes(type))
      if (taken.length === 0) continue
      operations[`${name}-takes-from-${publisher.name}`] = operation('receive', publisher.name, taken)
    }
  }
  return operations
}

function operation(action: 'send' | 'receive', channel: string, events: readonly AnyEvent[]): object {
  return {
    action,
    channel: { $ref: `#/channels/${channel}` },
    messages: events.map(({ type }) => ({ $ref: `#/channels/${channel}/messages/${type}` })),
  }
}

function messageOf({ type, data }: AnyEvent): [string, object] {
  const { type: _, data: __, ...attributes } = Envelope.properties
  return [
    type,
    {
      name: type,
      payload: {
        type: 'object',
        required: Envelope.required,
        properties: { ...attributes, type: { type: 'string', const: type }, data },
      },
    },
  ]
}
