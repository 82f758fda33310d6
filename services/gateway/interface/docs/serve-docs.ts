import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { FastifyInstance } from 'fastify'

interface Page {
  readonly type: string
  read(): Promise<Buffer | string>
}

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/show.js"></script>
</body>
</html>
`

const show = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  docExpansion: 'none',
  filter: true,
  tagsSorter: 'alpha',
  persistAuthorization: false,
  validatorUrl: null,
})
`

/** Nothing but this server: neither scripts nor data from elsewhere, and no sending of what is typed in. */
const contentPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const pages: Readonly<Record<string, Page>> = {
  '/docs': { type: 'text/html; charset=utf-8', read: async () => page },
  '/docs/show.js': { type: 'text/javascript; charset=utf-8', read: async () => show },
  '/docs/swagger-ui.css': { type: 'text/css; charset=utf-8', read: () => asset('swagger-ui.css') },
  '/docs/swagger-ui-bundle.js': {
    type: 'text/javascript; charset=utf-8',
    read: () => asset('swagger-ui-bundle.js'),
  },
}

/** The API reference to read, from files of this machine. Files are read when they are first asked for. */
export function serveDocs(app: FastifyInstance): void {
  for (const [path, { type, read }] of Object.entries(pages)) {
    let body: Promise<Buffer | string> | null = null
    app.get(path, async (_request, reply) => {
      body ??= read()
      return reply
        .headers({
          'content-type': type,
          'content-security-policy': contentPolicy,
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'cache-control': 'public, max-age=3600',
        })
        .send(await body)
    })
  }
}

function asset(name: string): Promise<Buffer> {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  return readFile(join(folder, name))
}
