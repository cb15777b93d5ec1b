"""Handles every event of an instance in order, including those of the time in which it was not connected or not running.

    pip install -r examples/python/requirements.txt
    API_KEY=<global key or token of the instance> INSTANCE=sales python3 examples/python/resuming_client.py
"""
import asyncio
import json
import os
import sys
from urllib.parse import quote

import socketio

URL = os.environ.get('URL', 'http://localhost:8080')
INSTANCE = os.environ.get('INSTANCE', 'sales')
FILE = os.environ.get('FILE', f'{INSTANCE}.place.json')
NAMESPACE = '/' + quote(INSTANCE, safe='')


def kept():
    """Returns where the last run stopped. The first run begins with new events."""
    try:
        with open(FILE) as file:
            return json.load(file)
    except FileNotFoundError:
        return {'offset': 'latest'}


def keep(place):
    """Writes a new file and renames it, so that a crash leaves either the old one or the new one."""
    with open(f'{FILE}.new', 'w') as file:
        json.dump(place, file)
    os.replace(f'{FILE}.new', FILE)


def work(name, message):
    print(message['offset'], name, json.dumps(message['data'], ensure_ascii=False), flush=True)


async def main():
    received = kept()  # sent when connecting; ahead of the file, so that events in the inbox are not received twice
    inbox = asyncio.Queue()
    client = socketio.AsyncClient()

    # python-socketio starts a task for each message. They stay in order if the handler awaits nothing: it only queues.
    @client.on('*', namespace=NAMESPACE)
    async def receive(name, message):
        if name in ('resuming', 'resumed') and 'log' in message:
            received['log'] = message['log']
        # `resumed` has `to`. After `resuming` the offset may be a lower one, of another log.
        received['offset'] = message['to'] if name == 'resumed' else message['offset']
        inbox.put_nowait((name, message, dict(received)))

    @client.on('connect_error', namespace=NAMESPACE)
    async def refused(error):
        print('refused:', error, flush=True)

    try:
        auth = lambda: {'apikey': os.environ.get('API_KEY'), **received}
        await client.connect(URL, namespaces=[NAMESPACE], transports=['websocket'], auth=auth)
    except socketio.exceptions.ConnectionError as error:
        sys.exit(f'not connected: {error}')

    async def consume():
        while True:
            name, message, place = await inbox.get()
            if name == 'resumed':
                complete = 'all' if message['complete'] else 'not all: the log does not reach back that far'
                print(f"resumed at {message['to']}: {message['count']} missed, {complete}", flush=True)
            elif name != 'resuming':
                work(name, message)
            keep(place)

    # `wait` returns if the server ended the connection for good, such as when the token was replaced.
    tasks = [asyncio.ensure_future(consume()), asyncio.ensure_future(client.wait())]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    sys.exit(done.pop().exception() or 'The server has ended the connection.')


asyncio.run(main())
