import type { Client } from 'undici'

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** Sends one request and hands over the body as it arrives; resolves to the status once it has ended. */
export function exchange(client: Client, request: HttpRequest, onData: (chunk: Buffer) => void): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let status = 0
  client.dispatch(
    { method: request.method, path: request.path, headers: { ...request.headers }, body: request.body ?? null },
    {
      onRequestStart() {},
      onResponseStart(_controller, statusCode) {
        status = statusCode
      },
      onResponseData(_controller, chunk) {
        onData(chunk)
      },
      onResponseEnd() {
        resolve(status)
      },
      onResponseError(_controller, error) {
        reject(error)
      },
    },
  )
  return promise
}

export interface Answer {
  readonly status: number
  readonly text: string
}

export async function fetchText(client: Client, request: HttpRequest): Promise<Answer> {
  const chunks: Buffer[] = []
  const status = await exchange(client, request, (chunk) => chunks.push(chunk))
  return { status, text: Buffer.concat(chunks).toString('utf8') }
}
