import type { ClientName } from './client-dialects.ts'

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const schema = {
  type: 'object',
  properties: { answer: { type: 'string' } },
  required: ['answer'],
  additionalProperties: false,
}
const image = 'data:image/png;base64,iVBORw0KGgo='
const mark = { type: 'ephemeral' }

/** The same conversation in the words of each dialect: a picture, a call and its output, and what is asked of the model. */
export const requests: Readonly<Record<ClientName, object>> = {
  chat: {
    model: 'asked-for',
    max_tokens: 500,
    temperature: 0.5,
    stop: ['END'],
    user: 'someone',
    parallel_tool_calls: false,
    reasoning_effort: 'low',
    response_format: { type: 'json_schema', json_schema: { name: 'n', schema, strict: true } },
    tools: [{ type: 'function', function: { name: 'get_weather', description: 'D', parameters }, cache_control: mark }],
    tool_choice: 'auto',
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See this.', cache_control: mark },
          { type: 'image_url', image_url: { url: image, detail: 'low' } },
        ],
      },
      {
        role: 'assistant',
        content: 'I look.',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city": "Rome"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'sunny', unheard_of: 1 },
      { role: 'user', content: 'And?', unheard_of: { deep: [1] } },
    ],
  },
  responses: {
    model: 'asked-for',
    instructions: 'Be brief.',
    max_output_tokens: 500,
    temperature: 0.5,
    safety_identifier: 'someone',
    parallel_tool_calls: false,
    reasoning: { effort: 'low' },
    text: { format: { type: 'json_schema', name: 'n', schema, strict: true } },
    tools: [{ type: 'function', name: 'get_weather', description: 'D', parameters }],
    tool_choice: 'auto',
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'See this.' },
          { type: 'input_image', image_url: image, detail: 'low' },
        ],
      },
      { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'hm' }], signature: 'sig' },
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: 'sealed' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I look.' }], phase: 'commentary' },
      { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{"city": "Rome"}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'sunny' },
      { role: 'user', content: 'And?', unheard_of: { deep: [1] } },
    ],
  },
  messages: {
    model: 'asked-for',
    max_tokens: 500,
    temperature: 0.5,
    stop_sequences: ['END'],
    metadata: { user_id: 'someone' },
    output_config: { effort: 'low', format: { type: 'json_schema', schema } },
    unheard_of: { deep: [1] },
    system: [
      { type: 'text', text: 'Be brief.' },
      { type: 'text', text: 'Be kind.', cache_control: mark },
    ],
    tools: [
      {
        name: 'get_weather',
        description: 'D',
        input_schema: parameters,
        cache_control: mark,
        input_examples: [{ city: 'Oslo' }],
      },
    ],
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See this.', cache_control: mark, unheard_of: 1 },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
            title: 'b.pdf',
            context: 'A report.',
          },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 'sig' },
          { type: 'text', text: 'I look.' },
          { type: 'tool_use', id: 'call_1', name: 'get_weather', input: { city: 'Rome' }, caller: { type: 'code' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'call_1', content: 'sunny', is_error: false },
          { type: 'text', text: 'And?' },
        ],
      },
    ],
  },
}
