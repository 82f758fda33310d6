import { registerHooks } from 'node:module'

// Loaded into a program by NODE_OPTIONS: says which modules of OpenTelemetry it loads.
registerHooks({
  load(url, context, nextLoad) {
    const name = /\/@opentelemetry\/([^/]+)\//.exec(url)?.[1]
    if (name !== undefined) process.stderr.write(`loaded: ${name}\n`)
    return nextLoad(url, context)
  },
})
