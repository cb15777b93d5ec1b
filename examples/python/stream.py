"""Follows an instance by Server-Sent Events, without any package. After an interruption it receives the events that it missed.
Sockets must be enabled for the instance (POST /websocket/set/<instance> with {"enabled": true}): otherwise the server answers 409.

    API_KEY=<global key or token of the instance> INSTANCE=sales python3 examples/python/stream.py
"""
import json
import os
import sys
import time
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

URL = os.environ.get('URL', 'http://localhost:8080')
INSTANCE = os.environ.get('INSTANCE', 'sales')
API_KEY = os.environ.get('API_KEY', '')

# The offset of the last event, and the log that it belongs to. Store both with the results of your work.
place = {'after': os.environ.get('AFTER', 'latest')}


def work(message):
    print(message['offset'], message['event'], json.dumps(message['data'], ensure_ascii=False), flush=True)


def read(lines):
    """Yields name and data of each event. A blank line ends an event; comments begin with a colon and keep the connection open."""
    fields = {}
    for line in lines:
        name, _, value = line.decode().rstrip('\n').partition(': ')
        if name:
            fields[name] = value
        elif 'data' in fields:
            yield fields.get('event'), json.loads(fields['data'])
            fields = {}


def follow():
    url = f"{URL}/events/{quote(INSTANCE, safe='')}/stream?{urlencode(place)}"
    # The server sends a comment every 15 seconds: after 60 seconds without one the connection is dead.
    with urlopen(Request(url, headers={'apikey': API_KEY}), timeout=60) as response:
        for name, message in read(response):
            if name is None:
                work(message)
                place['after'] = message['offset']
            elif name == 'resumed':
                print(f"resumed at {message['to']}: {message['count']} missed, complete: {message['complete']}", flush=True)
                place.update(after=message['to'], log=message['log'])
            elif name == 'resuming':
                place.update(after=message['offset'], log=message['log'])
            else:
                print(f'{name}: {message}', flush=True)


while True:
    try:
        follow()
    except HTTPError as error:
        print(f'{error.code}: {error.read().decode()}', flush=True)
        if error.code not in (429, 502, 503, 504):
            sys.exit(1)
    except OSError as error:
        print(f'no connection: {error}', flush=True)
    time.sleep(1)
