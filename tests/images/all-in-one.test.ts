import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { describe, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { imageName } from '../../scripts/images/build-image.ts'
import { Container, type ContainerOptions } from '../../scripts/images/container.ts'
import { findFreePorts } from '../harness/free-ports.ts'
import { repositoryFolder } from '../harness/spawned-program.ts'
import { findImages, type Runner } from './find-images.ts'

const execute = promisify(execFile)
const image = imageName({ name: 'all-in-one' }, repositoryFolder)
const images = await findImages('all-in-one')

/** The program, ready, and where it listens. */
async function start(runner: Runner, options: Partial<ContainerOptions> = {}) {
  const port = await findFreePorts(2)
  const env = { HOST: '127.0.0.1', PORT: String(port), INTERNAL_PORT: String(port + 1), ...options.env }
  const container = new Container({ runner, image, ...options, env })
  const url = `http://127.0.0.1:${port}`
  await container.untilAnswers(`${url}/readyz`)
  return { container, url, key: / key: (parley-\S+)/.exec(container.output)?.[1] ?? '' }
}

function ask(url: string, key: string, body: object = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'simulated', messages: [{ role: 'user', content: 'Hello' }], ...body }),
  })
}

describe('the image with all services', { skip: images.skip }, () => {
  const { runner } = images as { runner: Runner }

  test('answers with the key that it shows, as a user without rights on a file system that it cannot write', async (t: TestContext) => {
    const { container, url, key } = await start(runner)
    await using _stopped = container
    t.assert.equal((await ask(url, key)).status, 200)
    const script = `
      const { readFileSync, writeFileSync } = require('node:fs')
      const status = readFileSync('/proc/1/status', 'utf8')
      const codes = ['/parley/x', '/var/cache/parley/x', '/tmp/x', '/var/lib/parley/x'].map((file) => {
        try { writeFileSync(file, ''); return 'written' } catch (error) { return error.code }
      })
      const program = readFileSync('/proc/1/cmdline', 'utf8').split('\\0')[0]
      console.log(JSON.stringify({ uid: /^Uid:\\t(\\d+)/m.exec(status)[1], capabilities: /^CapEff:\\t(\\w+)/m.exec(status)[1], program, codes }))`
    t.assert.deepEqual(JSON.parse(await container.execute('node', '--eval', script)), {
      uid: '10001',
      capabilities: '0000000000000000',
      program: 'node',
      codes: ['EROFS', 'EROFS', 'written', 'written'],
    })
  })

  test('is healthy while it is ready, and the check says no when nothing answers', async (t: TestContext) => {
    const { container } = await start(runner)
    await using _stopped = container
    await container.checkHealth()
    const elsewhere = ['env', 'PORT=9', 'INTERNAL_PORT=9', 'node', 'packages/chassis/runtime/health-check.ts']
    await t.assert.rejects(container.execute(...elsewhere), { code: 1 })
  })

  test('SIGTERM: the stream that is under way comes to its end, and the program ends well', async (t: TestContext) => {
    const { container, url, key } = await start(runner)
    const messages = [{ role: 'user', content: '/simulate chunks=20 interval_ms=50\nhello' }]
    const answer = await ask(url, key, { stream: true, messages })
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = (await reader?.read())?.value ?? ''
    const stopped = container.stop()
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) text += part.value
    t.assert.match(text, /data: \[DONE\]\s*$/)
    t.assert.equal(await stopped, 0)
  })

  test('what is in its volume is there for the next container', async (t: TestContext) => {
    const volume = `parley-test-${randomUUID()}`
    t.after(() => execute(runner, ['volume', 'rm', '--force', volume]))
    const first = await start(runner, { volume })
    t.assert.equal(await first.container.stop(), 0)
    const second = await start(runner, { volume })
    await using _stopped = second.container
    t.assert.equal(second.key, '', 'the key is shown once')
    t.assert.equal((await ask(second.url, first.key)).status, 200)
  })

  test('has the command line in it', async (t: TestContext) => {
    await using container = new Container({ runner, image, args: ['packages/cli/main.ts', 'topology'], env: {} })
    t.assert.equal(await container.ended, 0)
    t.assert.match(container.output, /gateway +local +in this process/)
  })
})
