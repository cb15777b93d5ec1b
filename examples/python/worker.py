"""Reads one queue and processes each event once, in the order of its instance. Stop it at any time: unfinished events are received again.

    pip install -r examples/python/requirements.txt
    SQS_ENDPOINT=http://127.0.0.1:4566 QUEUE=sales_messages_upsert.fifo python3 examples/python/worker.py

On AWS leave SQS_ENDPOINT out and set AWS_REGION. The emulator needs boto3 1.34 or newer; AWS accepts older ones, too.
"""
import json
import os
import signal
import sqlite3
import sys
import time

import boto3

ENDPOINT = os.environ.get('SQS_ENDPOINT')
QUEUE = os.environ.get('QUEUE', 'sales_messages_upsert.fifo')
RETRY_SECONDS = int(os.environ.get('RETRY_SECONDS', '10'))

db = sqlite3.connect(os.environ.get('FILE', 'worker.db'))
db.execute('CREATE TABLE IF NOT EXISTS handled (instance TEXT, id TEXT, at REAL, PRIMARY KEY (instance, id))')
db.execute('CREATE TABLE IF NOT EXISTS chats (jid TEXT PRIMARY KEY, messages INTEGER)')


def work(event):
    """Your work; here, counts the messages of each chat. Raises an exception if it must be retried."""
    jid = event['data']['key']['remoteJid']
    db.execute('INSERT INTO chats VALUES (?, 1) ON CONFLICT DO UPDATE SET messages = messages + 1', (jid,))


def once(event):
    """Does the work and notes its id in one transaction. Returns whether the event was new."""
    with db:
        mark = (event['instance'], event['id'], time.time())
        new = db.execute('INSERT INTO handled VALUES (?, ?, ?) ON CONFLICT DO NOTHING', mark).rowcount == 1
        if new:
            work(event)
    return new


def handle(sqs, url, messages):
    """Processes and deletes messages. A failed message, and those after it in its group, are received again in order."""
    failed = set()
    for message in messages:
        group = message.get('Attributes', {}).get('MessageGroupId')
        place = {'QueueUrl': url, 'ReceiptHandle': message['ReceiptHandle']}
        if group not in failed:
            try:
                event = json.loads(message['Body'])
                done = 'done' if once(event) else 'done before'
                sqs.delete_message(**place)
                print(f"{event['instance']} {event['offset']}: {done}", flush=True)
                continue
            except Exception as error:
                print(f'{group}: {error!r}', flush=True)
                failed.add(group)
        sqs.change_message_visibility(VisibilityTimeout=RETRY_SECONDS, **place)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    anyone = {'region_name': 'us-east-1', 'aws_access_key_id': 'any', 'aws_secret_access_key': 'any'}
    account = {'region_name': os.environ.get('AWS_REGION')}
    sqs = boto3.client('sqs', **({'endpoint_url': ENDPOINT, **anyone} if ENDPOINT else account))
    url = sqs.get_queue_url(QueueName=QUEUE)['QueueUrl']
    print(f'waiting for {QUEUE}', flush=True)
    while True:
        # All ten must be done within these 60 seconds, or SQS delivers them again.
        wanted = {'MaxNumberOfMessages': 10, 'WaitTimeSeconds': 20, 'VisibilityTimeout': 60}
        answer = sqs.receive_message(QueueUrl=url, AttributeNames=['MessageGroupId'], **wanted)
        handle(sqs, url, answer.get('Messages', []))
        # SQS keeps a message for at most 14 days, so older ids are no longer needed.
        with db:
            db.execute('DELETE FROM handled WHERE at < ?', (time.time() - 15 * 86400,))


if __name__ == '__main__':
    main()
