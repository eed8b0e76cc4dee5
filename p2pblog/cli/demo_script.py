"""Who lives in the demo's neighbourhood, and what they have to say to each other.  Only words."""

from __future__ import annotations

from typing import NamedTuple

VISITOR = "visitor"


class Neighbour(NamedTuple):
    """Somebody in the street; `key` is how the script calls them."""

    key: str
    name: str
    bio: str


class Past(NamedTuple):
    """What somebody wrote before the demo began."""

    hours_ago: float
    who: str
    text: str


class Said(NamedTuple):
    """What somebody writes while the demo runs.

    Fields:
        after_s: seconds after the line before.
        key: by which later lines name this one.
        to, quote: keys of the lines that it answers or quotes, or "".
        likes, passes_on: who likes it and who passes it on, a little later.
        warning: shown instead, until a reader opens it.
    """

    after_s: float
    who: str
    key: str
    text: str
    to: str = ""
    quote: str = ""
    likes: tuple[str, ...] = ()
    passes_on: tuple[str, ...] = ()
    warning: str = ""


class Answer(NamedTuple):
    """What somebody answers when the visitor's text holds one of `words` ("" for any text)."""

    words: tuple[str, ...]
    who: str
    text: str


PEOPLE = (
    Neighbour(VISITOR, "Visitor", "Just looking around. This is you, as long as the demo runs."),
    Neighbour("mia", "Mia", "Bakes at the corner, up since three. Ask me about rye."),
    Neighbour("otis", "Otis", "Drove the 14 bus for thirty-one years. Tomatoes now."),
    Neighbour("priya", "Priya", "Bicycles and other things with screws. Repair café, Saturdays."),
    Neighbour("jun", "Jun", "Second-year cello. Third floor, sorry about the scales. Has a cat."),
)

PAST = (
    Past(
        214,
        "otis",
        "Put the first tomato seedlings on the windowsill today. Eleven of them. #garden",
    ),
    Past(
        190,
        "priya",
        "Saturday's #repaircafe: nine bicycles, two toasters, one accordion. The accordion won.",
    ),
    Past(168, "mia", "New on the shelf: caraway rye. It keeps four days, if you let it."),
    Past(
        143, "jun", "Moved the practice hours: no more scales after eight in the evening. Promise."
    ),
    Past(
        118,
        "otis",
        "Eleven seedlings, ten pots. Whoever has a spare pot gets the first tomato. #garden",
    ),
    Past(97, "mia", "The oven is repaired! Thank you for putting up with yesterday's flat bread."),
    Past(71, "priya", "Found a child's red glove by the bus stop. It hangs on the workshop door."),
    Past(52, "jun", "Pixel has learned to open the kitchen cupboard. I live with a burglar."),
    Past(
        33,
        "otis",
        "The street sweepers come on Thursday. Move your cars, or they sweep around them again.",
    ),
    Past(27, "mia", "There is always some bread left at six. Knock at the back, and take it home."),
    Past(21, "priya", "Truing a wheel by ear works. Jun says it is a G sharp."),
    Past(8, "jun", "Exam piece chosen: the sarabande from the fifth suite. Slow, so no excuses."),
    Past(5, "otis", "Rain barrel is full. Help yourselves, the tap drips anyway. #garden"),
    Past(2.5, "mia", "Rye is out of the oven. The whole street smells of it."),
    Past(
        0.6,
        "priya",
        "The ladder is back in the yard. Thank you, whoever it was, for oiling the hinge.",
    ),
)

OPENING = (
    Said(
        0,
        "jun",
        "cat",
        "Has anybody seen Pixel? Grey, one white paw, answers to tins.",
        likes=("mia",),
    ),
    Said(
        0, "mia", "cat-1", "There is a grey tail in my flour store. Would that be yours?", to="cat"
    ),
    Said(0, "jun", "cat-2", "Oh no. Coming down.", to="cat-1", likes=("mia", "otis")),
    Said(
        0,
        "otis",
        "pots",
        "First tomato has a flower. I told it the story of the 14 bus. #garden",
        likes=("mia", "priya", "jun"),
        passes_on=("priya",),
    ),
    Said(
        0,
        "priya",
        "cafe",
        "#repaircafe this Saturday from ten, in the yard. Bring what is broken, "
        "and somebody to talk to while it gets mended.",
        passes_on=("mia",),
        likes=("otis",),
    ),
    Said(
        0,
        "otis",
        "cafe-1",
        "I have a radio that only gets one station, and that one only on Sundays.",
        to="cafe",
    ),
    Said(
        0,
        "mia",
        "hello",
        "@Visitor Welcome to the street! Say something, we do answer.",
        likes=("jun",),
    ),
)

LATER = (
    Said(
        6,
        "priya",
        "cafe-2",
        "Bring it, Otis. Perhaps it is just devout.",
        to="cafe-1",
        likes=("jun", "mia"),
    ),
    Said(
        9,
        "jun",
        "cat-3",
        "Found him. White cat now. The paw is the only clean part.",
        to="cat-2",
        likes=("otis",),
    ),
    Said(8, "mia", "cat-4", "He chose the fine wheat. Good taste, I must say.", to="cat-3"),
    Said(
        14, "otis", "soup", "Making far too much lentil soup. Door is open from six; bring a bowl."
    ),
    Said(
        10,
        "priya",
        "soup-1",
        "I'll bring two bowls and the good spoons.",
        to="soup",
        likes=("otis",),
    ),
    Said(
        12,
        "mia",
        "soup-2",
        "And I the bread that is left.",
        to="soup",
        likes=("otis", "priya", "jun"),
    ),
    Said(16, "jun", "cello", "The sarabande today: one bar good, eleven bars honest."),
    Said(
        9,
        "otis",
        "cello-1",
        "I heard the good bar through the ceiling. Turned the kettle off for it.",
        to="cello",
    ),
    Said(
        11,
        "jun",
        "cello-2",
        "That is the nicest review I ever got.",
        to="cello-1",
        likes=("otis", "mia"),
    ),
    Said(
        18, "priya", "film", "Nobody tell me how the film in the yard ended, I had to leave early."
    ),
    Said(
        9,
        "mia",
        "film-1",
        "They mend the boat. All three of them, in the rain.",
        to="film",
        warning="How the film ends",
    ),
    Said(
        10,
        "priya",
        "film-2",
        "I opened it. I have no character. But I am so glad about the boat.",
        to="film-1",
    ),
    Said(
        20,
        "otis",
        "bus",
        "Met the young woman who drives the 14 now. She waves at the lime tree too.",
    ),
    Said(
        13,
        "jun",
        "bus-1",
        "Everybody on the 14 waves at the lime tree. Is there a reason?",
        to="bus",
    ),
    Said(
        12,
        "otis",
        "bus-2",
        "My predecessor planted it, so that he would have something to wave at.",
        to="bus-1",
        likes=("jun", "priya", "mia"),
        passes_on=("jun",),
    ),
    Said(
        22,
        "mia",
        "rye",
        "Somebody asked for the rye recipe: 60 % rye, 80 % water, and patience, "
        "which I cannot weigh. #bread",
        likes=("priya",),
    ),
    Said(14, "priya", "rye-1", "Tried it. Mine could hold a door open.", to="rye"),
    Said(
        11,
        "mia",
        "rye-2",
        "Longer in the tin, and do not lift the towel to look. Everybody lifts the towel.",
        to="rye-1",
        likes=("otis",),
    ),
    Said(
        20,
        "jun",
        "tune",
        "Who whistles the bourrée on the stairs? It is in tune, and I am jealous.",
    ),
    Said(
        15,
        "otis",
        "tune-1",
        "The postman. I asked. He says he has it from you.",
        to="tune",
        likes=("jun", "mia", "priya"),
    ),
    Said(
        24,
        "priya",
        "pump",
        "The red pump is missing from the yard. No questions, just lean it on the door.",
    ),
    Said(
        19,
        "otis",
        "pump-1",
        "It is in my tomato bed. I have no memory of this, and I am sorry.",
        to="pump",
    ),
    Said(10, "priya", "pump-2", "Did it help the tomatoes?", to="pump-1", likes=("jun", "mia")),
    Said(13, "otis", "pump-3", "Number four looks taller.", to="pump-2", likes=("priya",)),
    Said(
        26,
        "mia",
        "quote",
        "Writing this one on the shop window.",
        quote="bus-2",
        likes=("otis", "jun"),
    ),
    Said(
        22,
        "jun",
        "light",
        "Power was out on the third floor. Practised in the dark. Better intonation, "
        "and one bruise.",
    ),
    Said(
        14,
        "mia",
        "light-1",
        "You left your tins on my counter, by the way. Pixel is guarding them.",
        to="light",
    ),
    Said(
        24,
        "otis",
        "bench",
        "Sanded the bench under the lime tree. Wet paint until tomorrow, tell the children.",
    ),
    Said(
        16,
        "priya",
        "bench-1",
        "Too late for one pair of trousers. They look good in green, though.",
        to="bench",
        likes=("otis", "mia"),
    ),
    Said(
        28,
        "jun",
        "walk",
        "A quiet evening. Four windows lit across the yard, and one of them is baking.",
    ),
    Said(
        15,
        "mia",
        "walk-1",
        "That one goes to bed now. Good night, street.",
        to="walk",
        likes=("jun", "otis", "priya"),
    ),
)

ANSWERS = (
    Answer(
        ("bread", "rye", "bak", "cake"),
        "mia",
        "Come by at six, there is always a loaf left, and it would be glad of you.",
    ),
    Answer(
        ("cat", "pixel", "paw"), "jun", "Pixel sends his regards. He is asleep on the exam piece."
    ),
    Answer(
        ("bike", "bicycle", "repair", "broken", "mend", "wheel"),
        "priya",
        "Bring it on Saturday. If I cannot mend it, we will at least know why.",
    ),
    Answer(
        ("tomato", "garden", "plant", "flower", "rain"),
        "otis",
        "I have a seedling too many, if you have a windowsill.",
    ),
    Answer(
        ("cello", "music", "song", "play"),
        "jun",
        "I practise until eight. Knock if you want to listen, or if you want me to stop.",
    ),
    Answer(
        ("soup", "hungry", "eat", "cook", "dinner"),
        "otis",
        "There is soup. There is always soup. Bring a bowl.",
    ),
    Answer(("thank", "nice", "lovely", "great", "love"), "mia", "That made my morning, thank you."),
    Answer(("test", "testing"), "priya", "Arrived, loud and clear. Nothing rattles."),
    Answer(
        ("how does", "how do", "p2p", "server", "who runs"),
        "priya",
        "No server anywhere. Your machine told mine, and mine is telling Otis's.",
    ),
    Answer(
        ("hello", "hi ", "hi!", "hey", "good morning", "good evening", "hallo"),
        "otis",
        "Hello! Have you found the bench under the lime tree yet? Best seat in the street.",
    ),
    Answer(
        ("hello", "hi ", "hi!", "hey", "good morning", "good evening", "hallo"),
        "jun",
        "Hi! Third floor, in case you wonder where the noise comes from.",
    ),
    Answer(("?",), "priya", "Good question. Ask Otis, he has asked it for thirty-one years."),
    Answer(("?",), "otis", "I would say yes, but then I say yes to most things before noon."),
    Answer(("",), "mia", "Heard at the counter just now: three people had read this before me."),
    Answer(("",), "jun", "I read that out to Pixel. He agrees with the second half."),
    Answer(("",), "otis", "Well said. I am going to tell the tomatoes."),
    Answer(("",), "priya", "I like how you put that. Coming on Saturday?"),
)
