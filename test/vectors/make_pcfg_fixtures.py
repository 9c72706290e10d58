"""Log-probabilities and best parses of some PCFGs by NLTK, as JSON.

usage: python3 make_pcfg_fixtures.py > pcfg-nltk.json     (needs NLTK 3.8 or later)

NLTK's chart parser enumerates every tree of a string; the trees' probabilities, products of rule probabilities, give the
string's probability (their sum) and its best parse (the largest). Grammars with unary cycles have infinitely many trees
and are checked elsewhere, against (I - R)^-1.
"""
import json
import math
import random

import nltk

GRAMMARS = {
    "attachment": """
        S -> NP VP [1.0]
        VP -> V NP [0.6] | VP PP [0.4]
        NP -> Det N [0.55] | NP PP [0.3] | 'I' [0.15]
        PP -> P NP [1.0]
        Det -> 'the' [0.7] | 'a' [0.3]
        N -> 'man' [0.45] | 'dog' [0.35] | 'telescope' [0.2]
        V -> 'saw' [1.0]
        P -> 'with' [0.6] | 'in' [0.4]
    """,
    "catalan": "S -> S S [0.4] | 'a' [0.35] | 'b' [0.25]",
    "unary chains": """
        S -> A [0.5] | B 'x' [0.5]
        A -> B [0.3] | 'a' A [0.2] | 'a' [0.5]
        B -> C [0.6] | 'b' B [0.4]
        C -> 'a' [0.5] | 'b' [0.25] | C C [0.25]
    """,
    "empty rules": """
        S -> A B A [0.9] | [0.1]
        A -> 'a' A [0.5] | [0.5]
        B -> 'b' B [0.35] | 'b' [0.25] | A [0.4]
    """,
    "long rules": """
        S -> 'a' S 'b' S 'c' [0.2] | A A A [0.3] | 'd' [0.5]
        A -> 'a' [0.3] | 'd' [0.3] | A 'd' A 'd' [0.1] | S [0.3]
    """,
    "expressions": """
        E -> E '+' E [0.2] | E '*' E [0.2] | '(' E ')' [0.1] | 'x' [0.3] | 'y' [0.2]
    """,
}
STRINGS_PER_GRAMMAR = 12
LONGEST = 9


def draw(grammar, symbol, rng, budget):
    if not isinstance(symbol, nltk.Nonterminal):
        return [symbol]
    if budget <= 0:
        raise RecursionError
    rules = grammar.productions(lhs=symbol)
    rule = rng.choices(rules, [r.prob() for r in rules])[0]
    return [word for part in rule.rhs() for word in draw(grammar, part, rng, budget - 1)]


def probability(grammar, tree):
    return math.prod(
        next(r.prob() for r in grammar.productions(lhs=p.lhs()) if r.rhs() == p.rhs()) for p in tree.productions()
    )


def bracketed(tree):
    if isinstance(tree, str):
        return tree
    return "(" + " ".join([tree.label(), *map(bracketed, tree)]) + ")"


def cases(name, text):
    grammar = nltk.PCFG.fromstring(text)
    rng = random.Random(name)
    words = sorted({w for r in grammar.productions() for w in r.rhs() if isinstance(w, str)})
    strings = {tuple(rng.choices(words, k=4)) for _ in range(3)}
    while len(strings) < STRINGS_PER_GRAMMAR:
        try:
            string = tuple(draw(grammar, grammar.start(), rng, 12))
        except RecursionError:
            continue
        if 0 < len(string) <= LONGEST:
            strings.add(string)
    parser = nltk.ChartParser(grammar)
    for string in sorted(strings):
        trees = {str(t): t for t in parser.parse(string)}.values()
        ranked = sorted(((probability(grammar, t), bracketed(t)) for t in trees), reverse=True)
        total = math.fsum(p for p, _ in ranked)
        unique = len(ranked) == 1 or (len(ranked) > 1 and ranked[0][0] > ranked[1][0] * (1 + 1e-9))
        yield {
            "text": " ".join(string),
            "parses": len(ranked),
            "logProb": math.log(total) if total > 0 else None,
            "best": {"logProb": math.log(ranked[0][0]), "tree": ranked[0][1] if unique else None} if ranked else None,
        }


print(
    json.dumps(
        {
            "madeBy": f"NLTK {nltk.__version__}",
            "grammars": [
                {"name": name, "text": "\n".join(line.strip() for line in text.strip().splitlines()), "cases": list(cases(name, text))}
                for name, text in GRAMMARS.items()
            ],
        },
        indent=1,
    )
)
