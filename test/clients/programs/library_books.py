"""The books of library_write.py and library_read.py: what each is, and where the server is."""

import json
import os
from datetime import datetime, timezone

import weaviate
from weaviate.classes.data import GeoCoordinate, PhoneNumber
from weaviate.util import generate_uuid5

AUTHORS, BOOKS, SHELF = "Author", "Book", "Shelf"
COUNT = 24
WORDS = ["red fox", "blue whale", "green tree", "red rose"]
THINGS = ["river", "mountain", "forest", "desert", "island", "city"]
GENRES = ["novel", "poems", "travel"]


def connect():
    return weaviate.connect_to_local(
        host="127.0.0.1", port=int(os.environ["PORT"]), grpc_port=int(os.environ["GRPC_PORT"])
    )


def author_id(n):
    return generate_uuid5(f"author {n}")


def book_id(n):
    return generate_uuid5(f"book {n}")


def plain(n):
    """Turns by the same small angle from book to book."""
    return [1.0, n / 8, 0.25]


def tokens(n):
    return [[1.0, n / 8], [0.5, (n % 4) / 4]]


def vectors(n):
    return {"plain": plain(n), "tokens": tokens(n)}


def month(n):
    return datetime(2000 + n // 12, 1 + n % 12, 1, tzinfo=timezone.utc)


def book(n):
    signed = {"note": "signed", "phone": PhoneNumber(number="+441612345000")}
    return {
        "n": n,
        "title": f"{WORDS[n % 4]} and {THINGS[n % 6]}",
        "price": 5 + n / 4,
        "published": month(n),
        "genres": [GENRES[n % 3], "all"],
        "inStock": n % 2 == 0,
        "isbn": generate_uuid5(f"isbn {n}"),
        "shop": GeoCoordinate(latitude=50 + n / 4, longitude=13),
        "details": {"publisher": f"house {n % 2}", "edition": n % 3},
        "reviews": [{"stars": 1 + n % 5, "text": "good"}, {"stars": 3, "text": "fair"}],
        **(signed if n % 4 == 0 else {}),
    }


def answer(question, value):
    """One line of JSON, numbers to five places, dates in UTC, without what is absent."""
    print(json.dumps({"question": question, "answer": shown(value)}), flush=True)


def shown(value):
    if isinstance(value, float):
        return round(value, 5) + 0.0
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, dict):
        return {key: shown(each) for key, each in value.items() if each is not None}
    if isinstance(value, (list, tuple)):
        return [shown(each) for each in value]
    if isinstance(value, GeoCoordinate):
        return value.model_dump()
    if isinstance(value, (str, int)) or value is None:
        return value
    return str(value)
