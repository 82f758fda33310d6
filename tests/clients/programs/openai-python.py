"""The checks of OpenAI's Python client: one line of JSON about each on stdout, as run.mjs writes them."""

import json
import os
import time
import urllib.request

import openai
from pydantic import BaseModel

MODEL = os.environ["PARLEY_MODEL"]
BASE_URL = os.environ["PARLEY_URL"] + "/v1"
SLOW = "/simulate chunks=200 interval_ms=100 first_ms=50\nTell me much."
client = openai.OpenAI(api_key=os.environ["PARLEY_API_KEY"], base_url=BASE_URL)
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["Helsinki"]}},
    "required": ["city"],
    "additionalProperties": False,
}


class Person(BaseModel):
    name: str
    age: int


def user(content):
    return [{"role": "user", "content": content}]


def chat():
    completion = client.chat.completions.create(model=MODEL, messages=user("Hello"))
    assert "Hello" in completion.choices[0].message.content


def respond():
    response = client.responses.create(model=MODEL, input="Hello")
    assert response.status == "completed" and "Hello" in response.output_text


def embed():
    vectors = client.embeddings.create(model=MODEL, input=["one", "two"]).data
    assert len(vectors) == 2 and isinstance(vectors[0].embedding[0], float)


def stream_chat():
    with client.chat.completions.stream(model=MODEL, messages=user("Hello")) as stream:
        text = "".join(event.delta for event in stream if event.type == "content.delta")
    assert "Hello" in text


def stream_response():
    with client.responses.stream(model=MODEL, input="Hello") as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        assert stream.get_final_response().output_text == text
    assert "Hello" in text


def resume_background():
    stream = client.responses.create(model=MODEL, input="/simulate chunks=10 interval_ms=20\nHello", background=True, stream=True)
    seen = []
    for event in stream:
        seen.append(event.sequence_number)
        if event.type == "response.created":
            response_id = event.response.id
        if len(seen) == 6:
            break
    stream.close()
    for event in client.responses.retrieve(response_id, stream=True, starting_after=seen[-1]):
        seen.append(event.sequence_number)
    assert seen == list(range(len(seen))), seen
    assert event.type == "response.completed"


def use_tool():
    tools = [{"type": "function", "name": "get_weather", "parameters": PARAMETERS, "strict": True}]
    first = client.responses.create(model=MODEL, tools=tools, input="Please use get_weather.")
    call = next(item for item in first.output if item.type == "function_call")
    assert json.loads(call.arguments) == {"city": "Helsinki"}
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    second = client.responses.create(model=MODEL, tools=tools, previous_response_id=first.id, input=[output])
    assert "sunny" in second.output_text


def structured_chat():
    completion = client.chat.completions.parse(model=MODEL, messages=user("Who?"), response_format=Person)
    assert isinstance(completion.choices[0].message.parsed, Person)


def structured_response():
    response = client.responses.parse(model=MODEL, input="Who?", text_format=Person)
    assert isinstance(response.output_parsed, Person)


def converse():
    conversation = client.conversations.create()
    client.responses.create(model=MODEL, conversation=conversation.id, input="My name is Ada.")
    answer = client.responses.create(model=MODEL, conversation=conversation.id, input="What is my name?")
    assert "Ada" in answer.output_text
    assert len(list(client.conversations.items.list(conversation.id, limit=1))) == 4


def chain():
    first = client.responses.create(model=MODEL, input="My name is Ada.")
    second = client.responses.create(model=MODEL, input="What is my name?", previous_response_id=first.id)
    assert "Ada" in second.output_text


def fail():
    expect(openai.AuthenticationError, lambda: openai.OpenAI(api_key="wrong", base_url=BASE_URL).models.list())
    expect(openai.NotFoundError, lambda: client.responses.retrieve("resp_absent"))
    expect(openai.BadRequestError, lambda: client.chat.completions.create(model=MODEL, messages=[]))


def expect(kind, call):
    try:
        call()
    except kind:
        return
    raise AssertionError(f"no {kind.__name__}")


def aborted():
    with urllib.request.urlopen(os.environ["UPSTREAM_LOG_URL"] + "/aborted") as answer:
        return int(answer.read())


def until_aborted(before):
    for _ in range(100):
        if aborted() > before:
            return
        time.sleep(0.05)
    raise AssertionError("the provider went on after the client had cancelled")


def abort():
    before = aborted()
    stream = client.chat.completions.create(model=MODEL, messages=user(SLOW), stream=True)
    next(iter(stream))
    stream.close()
    until_aborted(before)


CHECKS = [
    ("plain", "a chat completion answers", chat),
    ("plain", "a response answers", respond),
    ("plain", "embeddings are made", embed),
    ("streaming", "a chat stream adds up", stream_chat),
    ("streaming", "a response stream adds up to its final response", stream_response),
    ("streaming", "a background stream is resumed where it was left", resume_background),
    ("tools", "a function call of a response is answered in the next", use_tool),
    ("structured", "chat.completions.parse gives the object", structured_chat),
    ("structured", "responses.parse gives the object", structured_response),
    ("memory", "a conversation remembers, and lists its items", converse),
    ("memory", "previous_response_id remembers", chain),
    ("errors", "each error has its class", fail),
    ("cancel", "a closed stream ends the call of the provider", abort),
]

for capability, name, run in CHECKS:
    started = time.monotonic()
    reason = None
    try:
        run()
    except BaseException as error:
        reason = f"{type(error).__name__}: {error}"[:400]
    duration_ms = round((time.monotonic() - started) * 1000)
    status = "passed" if reason is None else "failed"
    line = {"capability": capability, "name": name, "status": status, "reason": reason, "durationMs": duration_ms}
    print(json.dumps(line), flush=True)
