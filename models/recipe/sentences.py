"""Sentences of many kinds for calibrating and measuring the embedder: English prose from Python's own reference pages,
prompts as the tasks write them, code, symbols, and other languages. Deterministic for one Python version; the two
halves share no sentence."""

from __future__ import annotations

import pydoc_data.topics
import random
import re

WORDS = "river candle doctor orange travel silver quickly bright hammer window teacher garden ocean honest bread".split()
NAMES = "Ada Ben Chloe Dan Eva Finn".split()
PLACES = "kitchen garden office bathroom hallway".split()
LANGUAGES = [
    "El perro corre por el parque.", "Toda persona tiene derecho a la educación.", "¿Dónde está la biblioteca?",
    "Der Hund läuft durch den Park.", "Alle Menschen sind frei geboren.", "Wie spät ist es jetzt?",
    "Le chat dort sur la chaise.", "Il fait très beau aujourd'hui.", "Où se trouve la gare ?",
    "Il treno parte alle otto.", "Mi piace leggere la sera.", "O menino come uma maçã vermelha.",
    "De kinderen spelen buiten in de regen.", "Barnen leker i trädgården.", "Pies śpi pod stołem.",
    "Собака бежит по парку.", "Где находится библиотека?", "Η θάλασσα είναι ήσυχη σήμερα.",
    "犬が公園を走っています。", "图书馆在哪里？", "우리는 내일 학교에 간다.", "الكلب يركض في الحديقة.",
    "Köpek parkta koşuyor.", "Con chó chạy trong công viên.", "Mbwa anakimbia bustanini.",
]  # fmt: skip
ODD = [
    "a", "?", "!!!", "...", "0", "12345", "3.14159", "def f(x): return x + 1", "SELECT name FROM users WHERE id = 7;",
    "{ [ ( < > ) ] }", "( [ {", "#ff8800", "C:\\temp\\notes.txt", "x^2 + y^2 = z^2", "\u00bd cup", "naïve café", "🙂🙂",
    "THE QUICK BROWN FOX", "supercalifragilisticexpialidocious", "http://localhost:8080/index.html?q=1",
]  # fmt: skip


def prompts(rng: random.Random) -> list[str]:
    """One prompt of each of a dozen kinds."""
    a, b = rng.randint(10, 99), rng.randint(10, 99)
    w = rng.sample(WORDS, 4)
    who, other = rng.sample(NAMES, 2)
    here, there = rng.sample(PLACES, 2)
    return [
        f"What is the past tense of '{w[0]}'?",
        f"{a} + {b} =",
        f"What is {a} minus {b}?",
        f"I have {a % 7 + 2} {w[0]}s, a {w[1]} and two {w[2]}s. How many things do I have?",
        f"Fix the spelling: {w[0][:2] + w[0][3:] + w[0][2:3]}",
        f"Which colour is rgb({a}, {b}, {a + b})?",
        f"Is the review positive or negative? The {w[0]} was {rng.choice(['dull', 'a delight', 'far too long', 'superb'])}.",
        f"Which word means the opposite of {w[0]}: {w[1]}, {w[2]} or {w[3]}?",
        f"Which word rhymes with {w[0]}: {', '.join(w[1:])}?",
        f"{who} went to the {here}. {other} took the {w[0]} to the {there}. Who has the {w[0]}?",
        f"Evaluate: not ( {rng.choice(['true', 'false'])} and {rng.choice(['true', 'false'])} )",
        f"Complete the brackets: {''.join(rng.choice('([{<') for _ in range(rng.randint(2, 6)))}",
        f"Which country has the capital {rng.choice(['Paris', 'Lima', 'Oslo', 'Nairobi', 'Hanoi', 'Quito', 'Riga'])}?",
        f"Turn into a question: {who} bought a {w[0]} in the {here}.",
        f"Write a short story about a {w[0]} and a {w[1]}.",
    ]


def sentences(seed: int = 0, prose: int = 1000) -> tuple[list[str], list[str]]:
    """(calibration, measurement), about 650 each."""
    rng = random.Random(seed)
    text = " ".join(text for _, text in sorted(pydoc_data.topics.topics.items()))
    parts = [re.sub(r"\s+", " ", s).strip() for s in re.split(r"(?<=[.!?:])\s+", text)]
    pool = [s for s in dict.fromkeys(parts) if 12 < len(s) < 220]
    kinds = [rng.sample(pool, prose), [p for _ in range(16) for p in prompts(rng)], LANGUAGES, ODD]
    halves: tuple[list[str], list[str]] = ([], [])
    for kind in kinds:
        for i, s in enumerate(dict.fromkeys(kind)):
            halves[i % 2].append(s)
    return halves
