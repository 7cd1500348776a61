"""What the tools are given: texts about animals, and vectors that say which of a few words are in a text."""

import os

import weaviate
from weaviate.classes.init import Auth
from weaviate.util import generate_uuid5

KEY = "tools-key"
HOST = "127.0.0.1"
PORT = int(os.environ["PORT"])
GRPC_PORT = int(os.environ["GRPC_PORT"])

TEXTS = [
    "the red fox runs over the snow",
    "a red fox and a grey wolf meet in the forest",
    "the grey wolf howls in the forest",
    "the blue whale sings in the sea",
    "a grey seal sleeps on the ice of the sea",
    "the green frog sits in the pond",
]
KINDS = ["land", "land", "land", "sea", "sea", "pond"]
NUMBERS = list(range(len(TEXTS)))
IDS = [generate_uuid5(f"animal {n}") for n in NUMBERS]

WORDS = ["red", "grey", "blue", "green", "fox", "wolf", "whale", "seal", "frog", "forest", "sea"]


def vector(text):
    """One component for each of WORDS and a last one, so that no vector is zero."""
    words = text.lower().split()
    return [float(words.count(word)) for word in WORDS] + [0.5]


def cosine(left, right):
    """What the server calls similarity of two texts' vectors."""
    a, b = vector(left), vector(right)
    length = lambda v: sum(x * x for x in v) ** 0.5
    return sum(x * y for x, y in zip(a, b)) / (length(a) * length(b))


def ranked(query, among=NUMBERS):
    """The numbers of the texts, nearest first, equal ones by id."""
    return sorted(among, key=lambda n: (-round(cosine(query, TEXTS[n]), 6), IDS[n]))


def settings():
    return {"host": HOST, "port": PORT, "grpc_port": GRPC_PORT}


def connect():
    return weaviate.connect_to_local(**settings(), auth_credentials=Auth.api_key(KEY))


def connect_async():
    return weaviate.use_async_with_local(**settings(), auth_credentials=Auth.api_key(KEY))


def done(step):
    print(step, flush=True)


def raises(kind, call):
    try:
        call()
    except kind as error:
        return str(error)
    raise AssertionError(f"{kind.__name__} was expected")
