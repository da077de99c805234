"""The entry script of a parallel job: the number in each file, with something added."""

import argparse


def init():
    global add
    parser = argparse.ArgumentParser()
    parser.add_argument("--add", type=int)
    add = parser.parse_known_args()[0].add


def run(mini_batch):
    return [int(open(path).read()) + add for path in mini_batch]
