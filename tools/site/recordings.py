"""Recordings of people who never walked, for commands on recordings that are not ours to hand on: of the same names,
columns, units, frame rate, room and numbers of people, and nothing else in common."""
import math
import random

FRAME_RATE = 16  # a second


def corridor():
    """(person, frame, x, y) in centimetres: 60 people go round and round, 8 of the 27 m of their way are seen."""
    chance = random.Random(1)
    way, seen, speed, n_frames = 2700.0, 800.0, 83.0 / FRAME_RATE, 1669
    person = 0
    for walker in range(60):
        lane, phase = chance.uniform(40, 140), chance.uniform(0, 6)
        begin = walker * way / 60
        for turn in range(math.ceil((begin + n_frames * speed) / way)):
            passing = [
                (frame, begin + frame * speed - turn * way)
                for frame in range(n_frames)
                if 0 <= begin + frame * speed - turn * way < seen
            ]
            person += bool(passing)
            for frame, y in passing:
                yield person, frame, lane + 5 * math.sin(frame / 4 + phase), y - seen / 2


def bottleneck():
    """(person, frame, x, y) in centimetres: 348 people, of whom 224 are seen at first, leave a room."""
    chance = random.Random(2)
    speed = 2100 / 604
    for person in range(1, 349):
        x, y = chance.uniform(-220, 399), chance.uniform(-600, 1570)
        for frame in range(1210, 1815):
            now = y - speed * (frame - 1210)
            if -621 < now < 797:
                yield person, frame, x + 4 * math.sin(frame / 4 + person), now


def write(directory):
    for name, tracks in (("ug-180-060.txt", corridor()), ("ao-500-400_combine.txt", bottleneck())):
        with open(directory / name, "w") as table:
            for person, frame, x, y in tracks:
                print(f"{person:12d}{frame:12d}{x:14.4f}{y:14.4f}{170.0:14.4f}", file=table)
