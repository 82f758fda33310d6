/** A span of whichever backend, as far as its place in the trace goes. */
export interface PlacedSpan {
  readonly id: string
  readonly parentId: string | null
  /** `service kind name` */
  readonly label: string
}

/** The spans below `parentId`, as lines with two spaces of indentation for each step down; siblings by their labels. */
export function treeOf(spans: readonly PlacedSpan[], parentId: string): string[] {
  return spans
    .filter((span) => span.parentId === parentId)
    .sort((one, other) => one.label.localeCompare(other.label))
    .flatMap(({ id, label }) => [label, ...treeOf(spans, id).map((line) => `  ${line}`)])
}

/** One plain chat call, wherever the services run: what the client sends is above, what the provider sees below. */
export const chatTree = [
  'gateway server POST /v1/chat/completions',
  '  gateway client request/submit',
  '    request server request/submit',
  '      request client gpt/getModel',
  '        gpt server gpt/getModel',
  '      request client transaction request',
  '      request producer send request.submitted.v1',
  '        response consumer process request.submitted.v1',
  '          response client transaction response',
  '          response internal run response',
  '            response client gpt/generate',
  '              gpt server gpt/generate',
  '                gpt client chat traced-model',
  '            response client request/getInput',
  '              request server request/getInput',
  '            response client transaction response',
  '            response producer send response.settled.v1',
  '              request consumer process response.settled.v1',
  '                request client transaction request',
  '  gateway client response/follow',
  '    response server response/follow',
]
