"""What the invented town is called and who lives there: names, kinds of customer, the fleet. No geometry.

Every name, person and firm is made up; telephone numbers are of a range kept free for films and examples.
"""

from __future__ import annotations

from typing import NamedTuple

TOWN = "Quillbrook"
RIVER = "River Quill"
PHONE = "01632 960{:03}"

# In the order of the main roads, counter-clockwise from east.
VILLAGES = (
    "Marrowby", "Fenwhistle", "Tansy Green", "Hobblecote", "Wrenlow", "Ottershed", "Applethorn", "Dunmallow",
)  # fmt: skip
SUBURBS = (
    "Larkfield", "Northgarth", "Cloverdown", "Hazelbank", "Millrise", "Stonepath", "Westering", "Kingfold",
    "Ferrymead", "Brackenside", "Sunnyhithe", "Orchard Hey", "Priorsgate", "Thistledown", "Weaverham Cross",
    "Eastlea", "Longmeadow", "Foxhollow", "Bellwether", "Greystoke Park", "Harrowgap", "Juniper Rise",
    "Sandholme", "Copperwell",
)  # fmt: skip

# The first halves of street names, by theme. The three with kinds of their own are no suburbs.
THEMES = {
    theme: tuple(words.split())
    for theme, words in {
        "centre": """Cooper Tanner Weaver Chandler Fletcher Cobbler Saddler Tinker Potter Glover Hatter
            Barber Fuller Dyer Mercer Draper Nailer Wheelwright Candle Lantern Bell Abbey Friar Pilgrim
            Almond Butter Corn Fish Goose Salt Wool""",
        "birds": """Lark Wren Swift Heron Plover Linnet Dunlin Curlew Thrush Finch Martin Osprey Lapwing
            Pipit Siskin Teal""",
        "trees": """Alder Aspen Beech Birch Cedar Elm Hawthorn Hazel Hornbeam Larch Linden Maple Medlar
            Rowan Willow""",
        "flowers": """Aster Bluebell Camomile Foxglove Gentian Heather Iris Larkspur Lupin Mallow
            Primrose Teasel Violet""",
        "stones": """Agate Amber Basalt Beryl Chalk Flint Garnet Granite Jasper Marble Opal Onyx Pebble
            Quartz Slate Topaz""",
        "sky": """Aurora Comet Cygnet Dawn Equinox Halo Meteor Meridian Orion Pleiad Solstice Sunrise
            Twilight Vega Zenith""",
        "people": """Ambrose Beatrix Clement Dorothea Edmund Felicity Gideon Harriet Isidore Jemima
            Lambert Matilda Silas""",
        "works": """Anvil Bellows Bobbin Foundry Furnace Gantry Kiln Loom Piston Rivet Shuttle Smelter
            Spindle Turbine""",
        "village": """Church Chapel Duck Pond Green Orchard Mill Smithy Barn Meadow Well Stile Hedge
            Brook Rectory Cherry""",
    }.items()
}
SUBURBAN = ("Street", "Road", "Avenue", "Close", "Crescent", "Drive", "Gardens", "Terrace", "Walk", "Grove")
KINDS_OF_STREET = {
    "centre": ("Lane", "Street", "Row", "Alley", "Passage"),
    "works": ("Way", "Road", "Drive"),
    "village": ("Lane", "End", "Close", "Hill"),
}
PREFIXES = (
    "",
    "Upper ",
    "Lower ",
    "Old ",
    "Little ",
    "Great ",
    "Far ",
    "Long ",
    "High ",
    "New ",
    "Nether ",
    "Fair ",
)

FIRST_NAMES, LAST_NAMES = (
    tuple(names.split())
    for names in (
        """Ada Alban Bea Caspar Cora Dilys Edwin Elsie Fergus Flora Greta Hector Ida Ivor Jonas Kitty
        Leo Mabel Ned Nora Otto Pearl Quentin Rhoda Rufus Selma Theo Tilda Una Victor Wanda Wilf""",
        """Ashgrove Bramwick Cotterby Dapplewood Elmsworth Fernihoe Gorsely Hathersby Inkberrow Jessamy
        Kestleby Lowmarsh Merriden Nettlefold Oakhanger Pennifold Quarlton Rushmere Sallowby Thornaby
        Underhay Vellacombe Windlesea Yarrowby""",
    )
)


class Custom(NamedTuple):
    """One kind of customer. Ranges are inclusive; windows are listed as start, end, start, end."""

    zones: tuple[str, ...]
    names: tuple[str, ...]  # {first} and {last} are filled in
    service_min: tuple[int, int]
    demand: tuple[int, int]
    windows: tuple[tuple[str, ...], ...]
    priority: int
    skills: tuple[str, ...]


CUSTOMS = {
    "private": Custom(
        ("suburb",), ("{first} {last}",), (4, 8), (1, 2),
        ((), (), (), (), (), ("09:00", "13:00"), ("12:00", "16:00"), ("13:00", "17:30")), 40, ("",),
    ),
    "village": Custom(
        ("village", "village", "farm"), ("{first} {last}", "{last} Farm Shop"), (5, 10), (1, 4),
        ((), ("08:00", "15:00")), 40, ("",),
    ),
    "bakery": Custom(
        ("centre", "suburb"), ("{last} Bakery", "Bakery {first}"), (8, 12), (4, 7),
        (("06:30", "09:30"), ("07:00", "10:00")), 60, ("",),
    ),
    "cafe": Custom(
        ("centre",), ("Cafe {first}", "{last} Tea Rooms"), (8, 12), (3, 6),
        (("07:30", "11:00"), ("08:00", "11:30")), 50, ("",),
    ),
    "grocer": Custom(
        ("centre", "suburb"), ("{last} Grocers", "{last} & Daughters Food Store"), (12, 20), (6, 10),
        ((), ("07:00", "12:00"), ("07:00", "11:00", "14:00", "16:30")), 50, ("", "liftgate"),
    ),
    "pharmacy": Custom(
        ("centre", "suburb"), ("{last} Pharmacy", "{first} {last} Chemist"), (6, 10), (2, 4),
        (("08:30", "12:30", "14:00", "18:00"), ("08:00", "12:00")), 80, ("fridge",),
    ),
    "clinic": Custom(
        ("suburb",), ("{last} Clinic", "Dr {first} {last} Surgery"), (8, 12), (2, 5),
        (("08:00", "11:30", "13:30", "16:00"), ("08:00", "12:00")), 90, ("fridge", ""),
    ),
    "workshop": Custom(
        ("works",), ("{last} Joinery", "{last} Engineering", "{first} {last} Printers"), (12, 20), (8, 14),
        ((), ("07:00", "16:00"), ("07:00", "12:00", "13:00", "16:00")), 50, ("liftgate", ""),
    ),
}  # fmt: skip
# The mix of customers: of 20 stops so many are of each kind.
FLEET_DAY = {
    "private": 8,
    "village": 2,
    "bakery": 2,
    "cafe": 2,
    "grocer": 2,
    "workshop": 2,
    "pharmacy": 1,
    "clinic": 1,
}
SOLO_DAY = {"private": 16, "cafe": 4}

NOTES = (
    "Ring twice",
    "Back entrance through the yard",
    "Leave with the neighbour if nobody answers",
    "Dog in the garden",
    "No lorries in the lane, park at the corner",
    "Call ten minutes before",
    "Second floor, lift on the left",
)
VEHICLE_FIELDS = (
    "capacity", "skills", "shift_start", "shift_end", "start_depot", "end_depot",
    "fixed_cost", "cost_per_hour", "cost_per_km", "max_work_min",
)  # fmt: skip
FLEET = (
    (50, "fridge", "06:00", "14:30", "D1", "D1", 40, 21, 0.32, 510),
    (85, "liftgate", "06:30", "15:00", "D1", "D1", 65, 24, 0.58, 510),
    (50, "", "07:00", "15:30", "D1", "D2", 35, 20, 0.28, 480),
    (60, "fridge,liftgate", "07:30", "16:00", "D2", "D2", 48, 22, 0.40, 480),
    (45, "", "10:00", "18:30", "D2", "D2", 30, 20, 0.26, 480),
)

ZONES = ("old_town", "inner_town")
# Rush hours on working days, the market on Saturdays, empty streets at night. The note is for people.
TRAFFIC_FIELDS = ("weekday", "from", "to", "zone_id", "road_class", "factor", "note")
TRAFFIC = (
    ("Mon-Fri", "07:30", "09:00", "", "", 1.25, "Morning rush"),
    ("Mon-Fri", "07:30", "09:00", "", "primary", 1.5, "Main roads into town"),
    ("Mon-Fri", "07:30", "09:00", "inner_town", "", 1.8, "School run and commuters"),
    ("Mon-Fri", "16:00", "18:00", "", "", 1.25, "Evening rush"),
    ("Mon-Fri", "16:00", "18:00", "inner_town", "", 1.6, "Everybody goes home"),
    ("Sat", "09:00", "14:00", "old_town", "", 2.0, "Market"),
    ("weekend", "", "", "", "primary", 0.9, "Few lorries"),
    ("", "21:00", "05:30", "", "", 0.85, "Night"),
)
# Lunch for everybody who works over noon, and coffee after four hours of work at the latest.
BREAK_FIELDS = ("break_id", "vehicle_id", "duration_min", "tw_start", "tw_end", "after_work_min", "paid")
BREAKS = (
    ("lunch", "", 30, "11:30", "13:30", "", "no"),
    ("coffee", "", 15, "", "", 240, "yes"),
)
BARRIERS = {
    name: dict(zip(("reason", "kind", "add_min", "factor", "active_start", "active_end"), values))
    for name, values in {
        "bridge": ("Bridge closed for repair", "block", None, None, None, None),
        "works": ("One lane closed during working hours", "scale", None, 3, "09:00", "15:30"),
        "crossing": ("Level crossing, often shut", "delay", 2, None, None, None),
    }.items()
}
