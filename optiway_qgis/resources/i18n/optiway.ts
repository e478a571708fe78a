<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" sourcelanguage="en">
<context>
    <name>Optiway</name>
    <message>
        <source>0 to 100: when not everybody can be served, the lowest are left out first. Empty: the field priority.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1 rule is broken: {codes}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1 stop is not served: {listed}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>: </source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;p&gt;Finds how long and how far it is from each point of one layer to each point of another, on a road layer, from a routing server, or by an estimate. The way back may differ from the way there. The table has a row for each pair; where there is no way the numbers are empty and &lt;i&gt;status&lt;/i&gt; says why.&lt;/p&gt;&lt;p&gt;The file holds all times among the points of both layers. &lt;i&gt;Plan routes&lt;/i&gt; takes it as &lt;i&gt;Travel matrix&lt;/i&gt;: give the stops here as one layer and the depots as the other, and each plan of the day uses the same times without asking again.&lt;/p&gt;&lt;p&gt;A layer with the field &lt;i&gt;depot_id&lt;/i&gt; and without &lt;i&gt;stop_id&lt;/i&gt; holds depots, any other one stops.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;p&gt;For a first look, without any data of your own: a workspace as Create workspace makes it, filled from a made-up town (60 stops, two depots, five vehicles, breaks, traffic, zones, barriers and streets), with its day planned on the streets.&lt;/p&gt;&lt;p&gt;Open its project with Project, Open From, GeoPackage: routes, legs and visits are above the layers they were planned from, and the temporal controller plays the day. Change a stop, then run Plan routes on the layers of the project. More in docs/workspace.md.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;p&gt;For the telephone: takes a plan, also while it is driven, and one customer or many, and tells which windows can be offered. For each window the stop is put into every route at every place, with the order of all other stops as it is; the cheapest place that keeps the window and every rule is what the window costs. The cheapest windows come first.&lt;/p&gt;&lt;p&gt;The windows are the rows of a table, or follow each other through the day. Windows that nobody can keep are not offered, nor those that are over at &lt;i&gt;Now&lt;/i&gt;. Each customer is asked about as if he were the only one: book a stop with &lt;i&gt;Edit routes&lt;/i&gt; before the next is asked about.&lt;/p&gt;&lt;p&gt;Give the same depots, vehicles, breaks, roads, server or matrix, traffic and barriers as the plan was made with. See docs/replanning.md.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;p&gt;Makes one file with everything a plan is made from: stops, depots, vehicles, breaks, zones, barriers, traffic, edits and disruptions, with all fields that are understood. Their forms offer the words and the names there are, tell what cannot be right while it is typed, and say what each field means.&lt;/p&gt;&lt;p&gt;The file holds a QGIS project, too, with the themes &lt;i&gt;dispatcher&lt;/i&gt;, &lt;i&gt;warehouse&lt;/i&gt; and &lt;i&gt;driver&lt;/i&gt;: open it with Project, Open From, GeoPackage. Paths in it are relative, so the file can be moved. More in docs/workspace.md.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;p&gt;One thing went wrong. Takes a plan whose day may be under way and what happened, and makes the next version of the plan, in which only what must change does: another vehicle, another order and other arrivals have high prices. The changed stops are written with why. The layers of the plan before are not touched.&lt;/p&gt;&lt;p&gt;&lt;b&gt;vehicle_lost&lt;/b&gt;: Vehicle goes no further from At on. Its stops go to others, which fetch its load where it stands, or it is told why they are not served. &lt;b&gt;driver_sick&lt;/b&gt;: the same; a vehicle that has not left does not work at all. &lt;b&gt;late&lt;/b&gt;: Vehicle runs Minutes behind. &lt;b&gt;road_closed&lt;/b&gt;: no way through the features of Closed roads, from At on; needs Roads. &lt;b&gt;window&lt;/b&gt;: Stop has another window. &lt;b&gt;shift&lt;/b&gt;: Vehicle has another shift.&lt;/p&gt;&lt;p&gt;Several events at once, and what exactly may change: &lt;i&gt;Re-optimise the rest of a day&lt;/i&gt;. Give the depots, vehicles, breaks, roads, server or matrix, traffic and barriers that the plan was made with. docs/replanning.md has an example.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;p&gt;Orders the stops of one driver: click the start on the map, say whether to return there and when to set out. All stops are served, within their time windows where they have some; a stop whose window cannot be kept is left out with the reason.&lt;/p&gt;&lt;p&gt;A &lt;i&gt;priority&lt;/i&gt; above that of others means: come here early. The fields &lt;i&gt;stop_id, service_min, tw1_start, tw1_end, priority&lt;/i&gt; are found by their names; fields about vehicles and skills do not count here. For several vehicles, shifts or capacities use &lt;i&gt;Plan routes&lt;/i&gt;.&lt;/p&gt;&lt;p&gt;Times and legs follow the lines of &lt;i&gt;Roads&lt;/i&gt;, or come from a routing server or a travel matrix (see the advanced parameters). Without any of them travel times are an estimate from straight distances, and legs are drawn straight. With a table of &lt;i&gt;Traffic&lt;/i&gt; times depend on the hour; &lt;i&gt;Barriers&lt;/i&gt; close roads or slow them down.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;p&gt;Plans the day of a fleet: which vehicle serves which stop, in which order and when. It keeps time windows, shifts, breaks, capacities, skills, zones, depots and their docks, vehicle rules, pairs of pickup and delivery, locked stops and limits on work, driving, distance and stops, and looks for the plan that costs least.&lt;/p&gt;&lt;p&gt;Fields are found by their names: &lt;i&gt;stop_id, service_min, demand, tw1_start, tw1_end, priority, skills&lt;/i&gt; in the stops, &lt;i&gt;depot_id&lt;/i&gt; in the depots, &lt;i&gt;vehicle_id, start_depot, shift_start, shift_end, capacity, max_trips, skills&lt;/i&gt; and costs in the vehicles; docs/fields.md has all of them. ArcGIS and VROOM names are understood: docs/migrating.md. The log says which were used. Tick &lt;i&gt;Selected features only&lt;/i&gt; to plan a part.&lt;/p&gt;&lt;p&gt;Results: routes, legs with the arrival time at each stop, visits, and the stops that could not be served, each with its reason. A stop that cannot be read is never lost: it is among them too.&lt;/p&gt;&lt;p&gt;Times and legs follow the lines of &lt;i&gt;Roads&lt;/i&gt;, or come from a routing server or a travel matrix (see the advanced parameters). Without any of them travel times are an estimate from straight distances, and legs are drawn straight. With a table of &lt;i&gt;Traffic&lt;/i&gt; times depend on the hour; &lt;i&gt;Barriers&lt;/i&gt; close roads or slow them down.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;p&gt;Takes a list as people keep it (CSV, TSV, XLSX, ODS, or any layer) and makes stops of it for Plan routes. Delimiter, encoding and header are found by looking; columns are recognised by their names in several languages and by what is in them: ids, addresses, coordinates, &lt;i&gt;8-10am&lt;/i&gt;, &lt;i&gt;before noon&lt;/i&gt;, &lt;i&gt;2,5 kg&lt;/i&gt;, &lt;i&gt;1h30&lt;/i&gt;. The log says how each column was understood; MAPPING changes it and SAVE_MAPPING keeps it for the next list.&lt;/p&gt;&lt;p&gt;Each row with any content goes to one of three layers: STOPS with a point, TO_GEOCODE with an address only, REJECTS with the number of the row, the reason and what to do. Together they are as many as there are rows. What could mean two things is rejected, never guessed; what other rows prove, such as swapped coordinates, is mended and told: docs/importing.md.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;p&gt;Takes a plan and a table of changes, and writes the next version of the plan. Each row names a stop in &lt;i&gt;stop_id&lt;/i&gt; and what is to be done in &lt;i&gt;action&lt;/i&gt;:&lt;/p&gt;&lt;ul&gt;&lt;li&gt;&lt;i&gt;add&lt;/i&gt;: a new stop, drawn as a point or with &lt;i&gt;lon&lt;/i&gt; and &lt;i&gt;lat&lt;/i&gt;.&lt;/li&gt;&lt;li&gt;&lt;i&gt;remove&lt;/i&gt;: the stop goes to the unassigned stops, and so does the other one of its pair.&lt;/li&gt;&lt;li&gt;&lt;i&gt;update&lt;/i&gt;: what is filled is new, such as &lt;i&gt;tw1_end&lt;/i&gt;, &lt;i&gt;service_min&lt;/i&gt; or &lt;i&gt;demand&lt;/i&gt;; the text none empties a value. A point elsewhere is a new place.&lt;/li&gt;&lt;li&gt;&lt;i&gt;move&lt;/i&gt;: to the vehicle in &lt;i&gt;vehicle_id&lt;/i&gt;, before the stop whose number in the plan is &lt;i&gt;sequence&lt;/i&gt;.&lt;/li&gt;&lt;li&gt;&lt;i&gt;lock&lt;/i&gt;: as the field &lt;i&gt;lock&lt;/i&gt; says; empty: to its vehicle.&lt;/li&gt;&lt;/ul&gt;&lt;p&gt;Without changes the plan's own table counts as somebody edited it: vehicles, numbers, windows, rows that were added, and rows whose vehicle was taken out.&lt;/p&gt;&lt;p&gt;What is done at &lt;i&gt;Now&lt;/i&gt; stays exactly as it is, and vehicles go on from where they are. All changes are made at once; where one of them cannot be, none is, and all that is wrong is told. Rules that the plan breaks are told in the visits, the routes, the report and the log.&lt;/p&gt;&lt;p&gt;Give the same depots, vehicles, breaks, roads, server or matrix, traffic and barriers as the plan was made with. See docs/replanning.md.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;p&gt;Takes a plan whose day may be under way and plans the rest of it anew. What is done stays as it is. Vehicles go on from where they are at &lt;i&gt;Now&lt;/i&gt;: from the positions in the vehicles layer, or from the legs of the plan. The result is the next version of the plan, with the stops that changed and why; the layers of the plan before are not touched.&lt;/p&gt;&lt;p&gt;&lt;i&gt;What may change&lt;/i&gt; sets the limit: only times, the order on each route, which of the vehicles in use serves a stop, or all of it. Within that, prices keep the plan from changing for next to nothing: a driver who has to be called, a customer who waits. With all prices 0 the cheapest plan is looked for, whatever moves.&lt;/p&gt;&lt;p&gt;What went wrong is told in the table &lt;i&gt;Disruptions&lt;/i&gt;: vehicles lost, drivers sick, vehicles running late, roads closed, new windows, new shifts; docs/fields.md has its columns. For a single event see &lt;i&gt;Handle a disruption&lt;/i&gt;.&lt;/p&gt;&lt;p&gt;Give the depots, vehicles, breaks, roads, server or matrix, traffic and barriers that the plan was made with. docs/replanning.md has an example.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;p&gt;Takes a plan, also while it is driven, and stops that it has no place for yet. Each stop is put into every route at every place, with the order of all other stops as it is, and the best place on each route is written: vehicle, place, arrival, what it adds in minutes, kilometres and money, how many stops are served later, and how many arrivals leave the tolerance of 15 minutes around what was planned.&lt;/p&gt;&lt;p&gt;All rules and times are those of the plan: windows, loads, shifts, breaks, reloads, traffic. Of idle vehicles that are alike one is asked. A place that breaks a rule that was kept is no option; a stop that fits nowhere has a row without a &lt;i&gt;rank&lt;/i&gt; that says why. Nothing is changed: &lt;i&gt;Edit routes&lt;/i&gt; puts the stop where it is wanted.&lt;/p&gt;&lt;p&gt;Give the same depots, vehicles, breaks, roads, server or matrix, traffic and barriers as the plan was made with. See docs/replanning.md.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;p&gt;Takes a plan, made here or by hand, and the stops it should serve. For each stop that is on no route it says which rule keeps it from one, by how much, which vehicle comes closest, what serving it would add in minutes and money, and the smallest single change that would make it fit: a window until 12:20, 30 minutes more shift for one vehicle, a vehicle with a fridge.&lt;/p&gt;&lt;p&gt;Changes are found by trying: the stop is put into the routes as they stand, with one value changed, and timed by the scheduler. The order of the plan is not changed. Each change is for one stop alone; where several are left out, what one change makes room for may go to another of them. Where very many are left out, changes are tried for the most important ones, those of the highest priority.&lt;/p&gt;&lt;p&gt;Give the same depots, vehicles, breaks, roads, server or matrix, traffic and barriers as the plan was made with. Without vehicles there are no limits but those of the stops.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;p&gt;Takes the inputs of &lt;i&gt;Plan routes&lt;/i&gt; and says all that can be said without planning: values that cannot be read, points that are not where they should be, vehicles and skills that do not exist, demand beyond the capacity of the fleet, hours with too few vehicles, and stops that no vehicle could serve even if it had nothing else to do.&lt;/p&gt;&lt;p&gt;Each finding has a feature, a field, a code (docs/errors.md), a severity and a remedy. An &lt;i&gt;error&lt;/i&gt; is what Plan routes would refuse or surely leave out, a &lt;i&gt;warning&lt;/i&gt; what is probably not meant so or cannot wholly be done, &lt;i&gt;info&lt;/i&gt; what is worth knowing.&lt;/p&gt;&lt;p&gt;Bad data never end the run: they are its result. In a model, ERROR_COUNT and WARNING_COUNT decide what comes next. Without the routing engine everything is told that needs no travel times.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;p&gt;Takes the visits of a plan and writes a folder for each driver, and a zip of it to send: a page that works on a telephone without a network, with the next stop on top, ticking off, navigation in Google Maps, Waze, Apple Maps and any other map app, a map and the loading list; the route sheet to print; the route as GPX, KML and GeoJSON; a calendar; the loading list as CSV, what is unloaded last first. &lt;i&gt;index.html&lt;/i&gt; lists all drivers.&lt;/p&gt;&lt;p&gt;Drivers' files hold &lt;i&gt;notes&lt;/i&gt;, &lt;i&gt;access_code&lt;/i&gt;, &lt;i&gt;access_notes&lt;/i&gt;, &lt;i&gt;phone&lt;/i&gt; and &lt;i&gt;email&lt;/i&gt; of the stops: give them to nobody else. The files in the folder &lt;i&gt;public&lt;/i&gt; are for others: number, id and arrival of each stop, and the lines of the routes; no names, addresses, notes, codes or numbers.&lt;/p&gt;&lt;p&gt;The layers are read as they stand: nothing is timed anew, and no engine is needed. Stops that are done stay in the lists and are in no link; those that are cancelled are only in the calendar, as cancelled. See docs/driver_package.md.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;p&gt;Takes the visits of a plan, also after somebody changed &lt;i&gt;vehicle_id&lt;/i&gt; or &lt;i&gt;sequence&lt;/i&gt; in the attribute table, and recomputes every time, load, cost and violation. It never changes the order: a rule that is broken is reported in the visits, the routes, the report and the log.&lt;/p&gt;&lt;p&gt;To make room between stops, multiply &lt;i&gt;sequence&lt;/i&gt; by ten in the field calculator: a stop with 35 then goes between those with 30 and 40. A stop whose vehicle_id is empty goes to the unassigned stops. Any point layer with &lt;i&gt;vehicle_id&lt;/i&gt; and &lt;i&gt;sequence&lt;/i&gt; works.&lt;/p&gt;&lt;p&gt;Service times are those of &lt;i&gt;planned_service_min&lt;/i&gt;, unless &lt;i&gt;Service time&lt;/i&gt; is given. Where the plan was made with expressions for demand or windows, give the same ones here, and give the same depots and vehicles to have their hours, shifts, capacities, limits and costs judged: without them vehicles leave when the visits say so and have no limits. Give the same roads, server or matrix, traffic and barriers too: without any of the first three travel times are an estimate.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;p&gt;Takes the visits of two plans, such as the tours driven today and those planned anew, a plan and its edited copy, or the plans of two fleets. Both are timed by one scheduler and judged by one checker, with the same depots, vehicles, travel times and traffic; neither order is changed. Then they are compared: cost, distance, times, lateness, violations and stops served, for the whole plans and for each vehicle, and each stop that is served otherwise.&lt;/p&gt;&lt;p&gt;Stops are matched by &lt;i&gt;stop_id&lt;/i&gt;. One that only one layer has counts as not served by the other plan; give &lt;i&gt;All stops&lt;/i&gt; to count those that neither has. Where the data of a stop differ, those of &lt;i&gt;After&lt;/i&gt; count for both, and the log says so.&lt;/p&gt;&lt;p&gt;Give the depots, vehicles, roads, server or matrix, traffic and barriers by which both are judged. Without vehicles there are no limits, and each vehicle may leave from the earlier of its two departures on; without roads, server or matrix travel times are an estimate. Any point layer with &lt;i&gt;stop_id&lt;/i&gt;, &lt;i&gt;vehicle_id&lt;/i&gt; and &lt;i&gt;sequence&lt;/i&gt; works as a plan.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;p&gt;Takes the visits of two versions of a plan and finds for each vehicle and driver which stops are new, which are another's now, which moved within the route, and which are due at another time. Each driver whose day changes gets a row with the figures and a message short enough for a text message: &lt;i&gt;Marta, your route for 4 May has changed (version 2). New: Café Lisboa, Rua X 12, as stop 5, about 11:40. No longer yours: S12. Later: S14 about 12:05 instead of 11:40. Next: S09 at 10:55.&lt;/i&gt;&lt;/p&gt;&lt;p&gt;The layers are read as they stand: nothing is timed anew, and no engine is needed. What is done, or being done, is not mentioned. Times are told to five minutes. Stops are called by &lt;i&gt;name&lt;/i&gt;, or by &lt;i&gt;stop_id&lt;/i&gt; where that is empty, new ones with their &lt;i&gt;address&lt;/i&gt;; phone numbers, access codes and notes are in no message.&lt;/p&gt;&lt;p&gt;Nothing is sent: the table is there for a mail merge, a script or a gateway.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;p&gt;Writes a sheet to print for each route of a plan, as a PDF of A4 pages: vehicle, driver and date; a map with the stops numbered; the stop list with address, arrival, window, time on site, quantities, access code, notes and phone, each stop with a box to tick and a QR code that opens it in a map app; QR codes that navigate the route, ten stops each; and the loading lists, what is unloaded last first.&lt;/p&gt;&lt;p&gt;&lt;b&gt;The sheets hold notes, access codes and phone numbers&lt;/b&gt; (the fields notes, access_code, access_notes, phone): they are for drivers only.&lt;/p&gt;&lt;p&gt;The layers are read as they stand: nothing is timed anew, and no engine is needed. For sheets of your own design load the template route_sheet.qpt. See docs/route_sheets.md.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A fixed number of iterations instead of the time limit: the same input and seed then give the same plan. Empty: the time limit.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A folder holding the packages of resources/engine/wheels.txt for this kind of computer, fetched elsewhere with pip download. Empty: they are downloaded.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A layer to draw below the routes on the sheets, such as streets or a picture, as it is styled in the project; lines from a file are drawn in light grey.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A layer to draw below the routes, such as streets or a picture, as it is styled in the project; lines from a file are drawn in light grey. The map takes its CRS, unless that is in degrees.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A new GeoPackage. One that is there already is refused, never overwritten.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A point for each option, where the new stop is: rank, vehicle, place on the route, eta, and what is added.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A point for each window that can be offered, where the stop is: rank, window, what it adds, and the vehicle that would come.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A row for drivers without changes, too</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A row for each figure of the whole plans, where vehicle_id is empty, and of each vehicle: name, vehicle_id, unit, before, after, difference, percent.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A row for each pair: from_id, to_id, travel_min, distance_km, status.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A row for each vehicle and driver whose route changes: vehicle_id, driver, plan_id, version_before, version_after, the numbers of stops added, removed, moved, later and earlier, first_change, message.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A stop goes to another vehicle than in the plan before only where that saves more. 0: it may move for a cent. At the default costs of a vehicle five minutes of driving cost about 3. It is a wish, and no part of the cost of the plan.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A stop goes to another vehicle than in the plan before only where that saves more. 0: it may move for a cent. At the default costs of a vehicle five minutes of driving cost about 3. It is a wish, and no part of the cost of the plan. Empty: 20 where a vehicle or a driver is out of work, else 50.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A stop that the plan before serves is rather served late, as little as can be, than left out; the lateness is told as a rule that is broken. Otherwise it is left out, with the reason.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A vehicle is lost or late, a road is closed: changes what must change, and says why.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A zip file for each driver</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ALG_DESC</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Action</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address of the project</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address of the routing server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Adds, removes, changes, moves and locks stops of a plan, also while it is driven.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All stops are served alike.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All stops that were asked for, or the UNASSIGNED of the plan: those that the plan has no row for are not served. Empty: only the rows of the plan without a vehicle.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All travel times of the day are multiplied by it: 1.2 on a day of snow takes a fifth longer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>An arrival in words: 10:42, or 10:42 (by 11:00), or 10:42 (12 min late).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>An arrival that is earlier or later by less has not changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Any table or layer, instead of a file. Its points are the places of the stops; without points its fields are looked through as the columns of a file are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Arguments</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Assigns stops to vehicles and finds the order and the times that cost least.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Authentication at the server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Authentication configuration of QGIS with a user name and password, or with headers, for the routing server.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Balance between vehicles</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Barriers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Becomes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Below the routes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Beside each folder its files as one zip, to send by mail or messenger.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Breaks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Breaks by rule</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Breaks of all vehicles, beside those of the table. eu_driving: 45 minutes after 4 h 30 of driving at the latest, or 15 and then 30 (Regulation (EC) 561/2006, article 7). eu_work: 30 minutes after 6 hours of work at the latest (Directive 2002/15/EC, article 5). eu_driving_and_work: both. They are not paid.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>By how many minutes service begins after the end of its window; 0 when it does not. A time without a date is one of the date of the planned time.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>By how much an arrival may be earlier or later than in the plan before and still be as promised.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CRS of the coordinates</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CRS of the layers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CSV files (*.csv)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CSV, TSV, TXT, XLSX or ODS. Give this or a layer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancelled while the outputs were written: they are not complete.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Capacity of each vehicle</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Changed stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Changes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check before planning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a file: CSV, TSV, XLSX or ODS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Closed roads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Column</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Columns</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Columns as SAVE_MAPPING has written them; MAPPING goes before it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compare two plans</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compares two versions of a plan and writes each driver a short message about what changes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Comparison</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Comparison as a CSV file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cores</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cost</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cost after less cost before</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cost of the plan after</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cost of the plan before</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Create workspace</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Degrees (WGS 84)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delimiter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Demand</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Demo day</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Depots</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Differences by driver</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dispatch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Disruptions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Distance in kilometres</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Done is what</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drivers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drivers whose route changes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drivers with files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Driving time in minutes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Earliest departure where neither the vehicles nor the visits say when.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Earliest start of service, as a time, a date and time, or text such as 08:30. Empty: the field tw1_start.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Earliest start of work of vehicles that have none of their own.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Earliest start. The driver starts later where that saves waiting, unless START_RULE is early.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit routes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Empty: the depots among the visits, open at all hours.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Empty: the vehicles of the visits, without limits; they leave their depot when the visits say so.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Encoding</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Encoding of a text file, such as utf-8 or cp1252. Empty: found by looking.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Engine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Errors: {errors}, warnings: {warnings}, other: {other}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Example</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Explain unassigned stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Field</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Field of ROADS that says which way a line may be driven: yes or 1 along it, -1 against it, no or 0 both. Empty: oneway, or a field of a similar name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Field of ROADS with the speed in km/h. Empty: maxspeed, or a field of a similar name; where that has no value, the speed of the class of road.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Field with the direction</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Field with the speed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>File</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>File for how the columns were understood; MAPPING_FILE reads it for the next list.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>File with all times and distances, for Plan routes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>File with the times and distances between all stops and depots, as the algorithm Travel matrix writes it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Files for drivers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Files written</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find places for new stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Findings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Finds the best order for one driver to visit a set of points.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Finds what is wrong with stops, depots and vehicles before they are planned.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>First rows, and the first that are rejected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>First values</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder of wheels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder of wheels, to install without a network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder of wheels; leave empty to download</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From the start of one to that of the next.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>GeoPackage files (*.gpkg)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Goal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Goods that may not be on one trip</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Goods to deliver</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>HTML files (*.html)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>HTML files (*.html);;Text files (*.txt)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Handle a disruption</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How late the vehicle is, or for how long the road is closed (empty: to the end of the day).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How long each window is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How many vehicles there are when there is no table of vehicles. Not all of them need to be used.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How much balance counts beside cost. 1: an hour or kilometre of the longest route counts as much as one of every vehicle, a stop as much as a quarter of an hour of every vehicle.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How unevenly working hours are shared (Gini): 0 alike, towards 1 one has all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Id, or code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ids that are missing or doubled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import a list of stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In the unit of the demand, when there is no table of vehicles. Empty: unlimited.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Install</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Install routing engine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Install routing engine…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Installing the routing engine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Installs, repairs or removes the routing engine that computes the plans.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Iterations</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>JSON files (*.json)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keeps vehicle and order of each stop and recomputes times, loads, costs and violations.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kilometres</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Late stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Latest end of work of vehicles that have none of their own. An end before the start is on the next day.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Latest start of service, as a time, a date and time, or text such as 12:00. Empty: the field tw1_end.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Layer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Legs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lines to drive on: any layer of roads, also the layer lines of an .osm.pbf. Times and legs then follow the roads. Empty, and no other source chosen: travel times are estimated. docs/roads.md lists the fields that are understood.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lists (*.csv *.tsv *.txt *.xlsx *.ods);;All files (*)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load of a lost vehicle</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Longest time to search for the plan.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Longest time to search. The search ends earlier when the plan stops getting better.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look into a list and import it…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Makes a GeoPackage with all layers of a plan, ready to be filled in, and a project of it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Makes a workspace of a made-up town and plans its day: something to look at and to try.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Makes the longest route shorter, measured in working time, stops or distance, where that is worth it. It is a wish and not part of the cost of the plan.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Messages</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Minutes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Minutes from window to window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Minutes of a window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Minutes of service at each stop, as an expression such as 5 + 0.5 * "parcels". Empty: the field service_min.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Minutes of service at each stop, as an expression. Empty: the field planned_service_min of a plan, or service_min.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Minutes of work</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name of the time zone of all times, such as Europe/Lisbon. Empty: that of PLAN_ROUTES, else the zone of this computer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name of the time zone of all times, such as Europe/Lisbon. Empty: the zone of this computer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name or number of the sheet of a workbook. Empty: the first one that has cells.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Neither plan serves any stop.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New </source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New shift: end</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New shift: start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New stops that fit nowhere</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New window: end</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New window: start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No stop is left to be served: the routes are empty.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No: also vehicles on whose routes the stop breaks rules, which are named; they come last and have no rank.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Number of errors</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Number of layers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Number of pairs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Number of processor cores the search uses. Empty: all, but one where ITERATIONS is given, so that the plan is the same on every computer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Number of routes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Number of rows with content</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Number of stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Number of the row with the names of the columns; 0: there is none. Empty: found by looking.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Number of vehicles</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Number of warnings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One file to read, print or send: figures, timeline, loads, lateness and what was left out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One file to read, print or send: the figures, both maps, each vehicle and what changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One line per leg; its end_time is the arrival at the stop it leads to.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One line per vehicle, with its times, distance, load and cost.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only places that break no rule</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Options</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Options for each stop, at most</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Options that break no rule</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Optiway fleet routing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Overtime in minutes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pairs of the stops' goods_class, such as food-chemicals, food-waste.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pairs with a way</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Place, or what is wrong</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Plan after: visits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Plan after: visits or numbered stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Plan before: visits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Plan before: visits or numbered stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Plan date</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Plan one route</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Plan routes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Plan: legs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Plan: routes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Plan: unassigned stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Plan: visits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Plan: visits or numbered stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Planning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Plans are computed by a routing engine in a Python environment of its own, in the folder of your QGIS profile. Nothing of QGIS is changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Plans are computed by a routing engine that runs apart from QGIS, in a Python environment of its own inside the folder of your QGIS profile. Nothing of QGIS is changed.

Installing downloads about {download} MB from the Python Package Index and takes about {disk} MB on disk. It needs a 64-bit Python 3.11 or newer, the one of QGIS or another one on this computer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Plans what is left of a day anew: what is done stays, and changes have a price.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Points to be served. Only geometry is needed; docs/fields.md lists the fields that are understood.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Points to be visited. Only geometry is needed; docs/fields.md lists the fields that are understood.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Points where travels begin: stops or depots.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Points where travels end. Empty: those of From.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Points where vehicles start, load again and end: depot_id, name, tw1_start, tw1_end, docks, load_min, load_min_per_unit.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Points with the fields of stops, or the layer UNASSIGNED of the plan. Each is asked about as if it were the only one; pickup and delivery of a pair go together.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Points, lines or polygons that block roads or slow them down: kind (block, delay, scale), add_min, factor, active_start, active_end. Without fields all of them block.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Points, lines or polygons where there is no way through.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Polygons with zone_id, which rows of TRAFFIC name, and vehicles that serve them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preparing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Price of a promise missed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Price of a stop on another vehicle</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Price of a stop out of its order</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Priority</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Python of the engine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>QR codes of stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quantity to deliver at each stop (to pick up, where the field kind is pickup). Empty: the fields demand, delivery_1 to 9 and pickup_1 to 9.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ranks the vehicles for new stops by what each place on a route adds in time and money.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ranks the windows that can be offered to a customer by what keeping each of them adds.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rather late than not at all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Re-optimise the rest of a day</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Re-planning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reads a spreadsheet, a text file or any layer as stops, and tells what it could not read.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ready models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rejected rows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Removing the routing engine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Repair</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Report of the check</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Return to the start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Roads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Route sheets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Routes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Row</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Row of the header</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rows with the same place, name and windows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rules broken</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rules the plan after breaks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rules the plan before breaks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>SHORT_DESCRIPTION</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>START has no CRS: read as longitude, latitude.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save columns</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saved columns</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Schedule an edited plan</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Serve stops that are far from any road</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Service time in minutes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sheet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sheets written</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shift end</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shift start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size on disk (MB)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Solo day</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start of the random numbers of the search. Another seed may give another plan.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start of work</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Status: missing, ready, outdated or incomplete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops far from the roads, or on roads that lead nowhere else, are reached by an estimate, drawn straight and marked. Otherwise they are not served, and the reason says how far the nearest road is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops for which no window can be offered</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops in them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops moved to another vehicle</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops not served</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops not served because they were excluded or could not be read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops not served that a single change would help</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops on them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops served</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops served differently: {told}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops served late</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops served late: {late}; overtime: {minutes:.0f} min.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops served long before or after the arrival planned before</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops that change for a driver</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops that count as not served where neither plan has them: all that were asked for, or the UNASSIGNED of a plan. Empty: the stops of the two plans.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops that no route serves, each with the reason, the nearest vehicle and what would help.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops that no route serves, each with the reason.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops the plan after does not serve</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops the plan before does not serve</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops to geocode</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops, depots, reloads and breaks in their order, with all times.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Suggest time windows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Suggested windows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Syntax</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Table of breaks: duration_min, and when each is due, by the clock (tw_start and tw_end), after driving (after_drive_min) or after work (after_work_min); vehicle_id where it is not for all.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Table of factors on travel times by weekday and hour: weekday, from, to, factor, and zone_id or road_class where it does not hold everywhere. See docs/traffic.md.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Table of vehicles: vehicle_id, start_depot, end_depot, shift_start, shift_end, capacity, skills, limits and costs. Empty: equal vehicles, as many as the number of vehicles says.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Table or points: action, stop_id, vehicle_id, sequence, lock, and the fields of stops. Empty: what was changed in the table of the plan itself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Table with the windows that may be offered: tw_start and tw_end, or start and end. Empty: windows through the day, as below.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Team day</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tell of shifts from this many minutes on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tells why a plan does not serve some stops, and which single change would let it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The best ones, each on another vehicle.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The cheapest ones.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The colour in which the route of a vehicle is drawn in the plan of the layer or, where that has none, in a plan of the project, as #rrggbb. Grey where no plan has such a route.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The day could not be planned: the log says why.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The day of a fleet, from stops, depots and vehicles.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The day of a fleet, from stops, depots and vehicles: first all of them are checked. When there are errors nothing is planned, and the findings say what is wrong and what to do; otherwise the routes are planned, with a report to print. To change it, open its file team_day.model3 in the folder resources/models of the plugin with the model designer, and save it under another name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The day of one driver, from points and a start.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The day of one driver, from points and a start: the order of the stops, the arrival times, and a report to print. It is made of the algorithm Plan one route. To change it, open its file solo_day.model3 in the folder resources/models of the plugin with the model designer, and save it under another name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The day of the plan. Empty: the date of the earliest start_time, or today.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The day that is planned. Empty: today.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The day the workspace is for; in its title. Empty: any day.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The end of the shift as it is now. Empty: as it was.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The end of the window as it is now. Empty: open at that end.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The findings as one page to read, print or send, with the hours of the day and a map.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The geometry is no point.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The layer LEGS of the plan, for the maps. Empty: the way is drawn straight.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The layer LEGS of the plan, for the track and the maps. Empty: the way is drawn straight, and GPX has no track.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The layer LEGS of the plan: where a vehicle between two stops is at NOW. Empty: straight lines between the stops.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The layer ROUTES of the plan: its time_zone is that of all times. Empty: TIME_ZONE.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The layer UNASSIGNED of the plan: stops that it did not serve stay known. Empty: only the stops of the visits.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The layer VISITS as the drivers know it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The layer VISITS of a plan, edited or not, or points with stop_id, vehicle_id and sequence. Stops whose vehicle_id is empty are not served.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The layer VISITS of a plan, edited or not, or points with vehicle_id and sequence.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The layer VISITS of a plan, edited or not, with how each visit stands in status, actual_arrival and actual_departure; or points with stop_id, vehicle_id and sequence.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The layer VISITS of a plan.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The layer VISITS of the first plan. Or points with stop_id, vehicle_id and sequence.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The layer VISITS of the second plan. Or points with stop_id, vehicle_id and sequence.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The layer VISITS of the version that holds from now on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The link that opens a place in a navigation app, for QR codes, map tips, actions and web pages.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The messages in one file to read, print or copy from, as a page or as plain text.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The moment from which the rest of the day is planned, such as 2026-05-04T09:30:00, on the clock of the time zone. What is done by then stays as it is. Empty: what status says is done, or nothing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The other rows: row, code, reason, remedy, and all cells as they were.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The plan with its unassigned stops as one file to read, print or send.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The report of the plan.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The rows with a place, in our fields and WGS 84, ready for Plan routes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The rows with an address only, in the same fields.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The start of the shift as it is now. Empty: as it was.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The start of the window as it is now. Empty: open at that end.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The stop_id of the stop whose window changes; several are parted by commas.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The stops that are served otherwise than in the plan before, with vehicle, sequence and eta in both, and why.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The stops that the plans serve differently, with vehicle, sequence and eta in both; change is moved, earlier, later, added, removed or reordered.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The table of COMPARISON for a spreadsheet, in UTF-8 with commas and decimal points.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The vehicle_id of the vehicle; several are parted by commas.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Their message is: No changes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time limit in seconds</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time window end</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time window start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time zone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Times and judges two plans alike, and tells what differs in figures, vehicles and stops.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tolerance of promises in minutes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Traffic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Travel matrix</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Travel matrix (*.npz)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Travel times</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Travel times and distances from each point to each other one, as a table and as a file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Travel times from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unassigned stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Understood</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Until</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Vehicle</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Vehicle profile</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Vehicles</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Vehicles or drivers that get a sheet, as vehicle_id or driver has them, parted by commas. Empty: all.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Vehicles or drivers that get files, as vehicle_id or driver has them, parted by commas. Empty: all.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Version of the plan</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Visits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Visits of a plan, or numbered stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Weather factor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Weight of the balance</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What changes for each driver</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What coordinates in columns are in. Empty: degrees (WGS 84); others are rejected, as nobody can tell which local CRS they are in.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What each stop costs that has to change its place for the stops of a route to be in the order they are in now. At the default costs of a vehicle five minutes of driving cost about 3. It is a wish, and no part of the cost of the plan.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What each stop costs that has to change its place for the stops of a route to be in the order they are in now. At the default costs of a vehicle five minutes of driving cost about 3. It is a wish, and no part of the cost of the plan. Empty: 1 where a vehicle or a driver is out of work, else 10.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What each stop costs that is arrived at earlier or later than the plan before said, by more than the tolerance. At the default costs of a vehicle five minutes of driving cost about 3. It is a wish, and no part of the cost of the plan.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What each stop costs that is arrived at earlier or later than the plan before said, by more than the tolerance. At the default costs of a vehicle five minutes of driving cost about 3. It is a wish, and no part of the cost of the plan. Empty: 5 where a vehicle or a driver is out of work, else 2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What happened</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is planned to be over at this moment is done and in no link, as what status says is done. Empty: what status says alone.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What keeping vehicles, order or promises costs, where that is known</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What may change</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What parts the columns of a text file. Empty: found by looking.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the clock of a time zone shows at a moment, such as one a vehicle tracker has told. The times of a plan are on the clock of its zone already: leave them as they are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the places of all layers are kept in. Empty: degrees (WGS 84).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the plan after has due before this moment is done and not mentioned, as what status says is done. Empty: what status says alone.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What was found: severity, layer, feature_id, id, field, code, text, remedy; a point where the feature has one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What went wrong: kind (vehicle_lost, driver_sick, late, road_closed, window, shift), vehicle_id, stop_id, time, minutes, tw_start, tw_end, shift_start, shift_end. A table, or features that show where roads are closed. Empty: nothing did.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>When it happened, such as 2026-05-04T09:20:00, on the clock of the time zone. Empty: at NOW.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>When the first window starts. Used where no windows are given, as the next two.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>When the last window ends at the latest; a time before From is on the next day.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>When vehicles start whose field start_rule does not say it. late: as late as makes nothing later, so that least is waited. early: as early as shift and depot allow.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where TRAVEL is a server, such as http://localhost:5000. It learns the positions of the stops. No user name or key belongs here. See docs/servers.md.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the driver sets out. Typed without a CRS, it is longitude, latitude.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the files are written; those of the same names are replaced.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the sheets are written, as route_V1.pdf and so on; those of the same names are replaced.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whether the tour ends where it began. Otherwise it ends at its last stop.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Which column is which field, where that is not found or found wrongly: Kunde=name, Wann=window. Nothing behind the sign has the column carried along. docs/importing.md lists the fields.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Windows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Windows for each stop, at most</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Windows suggested</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Windows that nobody can keep, over all stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Windows, or what to do</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Workspace</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Writes a PDF for each route: map, stop list with notes and access codes, loading list, QR codes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Writes a folder for each driver: a page for the telephone with navigation links, GPX, KML, GeoJSON, calendar and loading list.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Zones</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>bound: they are where they are; what is loaded stays on its vehicle, and another one fetches what is at the depot. free: any vehicle can serve any stop at any time, as with services, or where all carry the same.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>car, van, truck, bike, foot, or a profile of your own.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>carried along</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cost: the plan that costs least. fewest_vehicles: no vehicle more than needed, whatever it costs; of such plans the cheapest.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>date and time; text with an offset, such as 2026-05-04T08:30:00Z</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>demo,sample,example,tutorial,first steps,town,try</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>difference,version,driver,message,sms,email,notify,change,dispatch,before,after</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>driver,package,phone,mobile,gpx,kml,geojson,ics,calendar,navigation,google,waze,apple,loading,list,zip,dispatch,share</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>driver,route,sheet,pdf,print,paper,map,stop,list,manifest,loading,qr,code,navigation,dispatch,atlas</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>end of the time window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>end of the time window; NULL: only the time is told</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>estimate: from the distance as the crow flies; legs are drawn straight and marked as an estimate. roads: on the lines of ROADS. osrm, valhalla, openrouteservice: from the server at SERVER_URL. Empty: roads where ROADS is given, else estimate.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>estimate: from the distance as the crow flies; legs are drawn straight and marked as an estimate. roads: on the lines of ROADS. osrm, valhalla, openrouteservice: from the server at SERVER_URL. matrix: from the file MATRIX; legs are drawn straight. Empty: matrix where MATRIX is given, else roads where ROADS is given, else estimate.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>fetched: other vehicles fetch what they deliver of it where the lost one stands. stays: nobody does; the stops it was for are not served, and UNASSIGNED says so.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>google, waze, apple or geo (a geo: link, for any map app)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>google: a link that navigates to the stop in Google Maps, which every telephone opens. geo: a geo: URI, which Android opens in any map app.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>html: the page for the telephone. gpx, kml, geojson: the route for devices and map apps. ics: a calendar with an event for each stop. loading: the loading list as CSV. public: routes and arrivals for others, without anything personal. pdf: the sheet that the algorithm Route sheets makes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>import,csv,excel,xlsx,ods,spreadsheet,addresses,customers,stops,mapping,clean</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>install: make the engine unless it is there and up to date. repair: make it anew; the old one stays until the new one works. remove: delete it from disk. status: say what is there, change nothing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>keep_order: nothing but the changes; a stop that is added needs a vehicle. insert_best: stops that are added, moved without a number or changed go where they cost least, the order of all others stays. reoptimise: all stops still to do may change vehicle and place.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>latitude in degrees, or a point in the CRS of the layer, such as $geometry: then the label is the third argument</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>longitude in degrees</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>matrix,od,origin,destination,cost,time,distance,table,osrm,valhalla</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>model,fleet,check,validate,plan,report,day</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>model,one driver,tour,tsp,round trip,report,day</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>name of the zone, such as Europe/Lisbon; routes have it in the field time_zone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>planned arrival, or start of service</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>reject: all but the first are rejected. keep: each is a stop, as where one customer has several orders.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>reject: the row is rejected. renumber: it gets an id of its own. Without any column of ids, stops are called S1, S2 and so on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rejected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>setup,repair,remove,uninstall,solver,pyvrp,ortools,offline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>status: visits whose status or actual times say so. time: visits whose planned end is not after NOW. Empty: status where any visit has a status other than planned, released or cancelled, or an actual time; else time.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>stop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>times: nothing but times. sequence: the order on each route; stops of lost vehicles go anywhere. routes: stops may also change between vehicles that have a route. free: any vehicle may be used, and stops that were left out come in where they fit.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>to geocode</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tsp,travelling salesman,tour,round trip,route,order,optimize,driver,eta,time window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>validate,check,preflight,stops,depots,vehicles,errors,capacity,time window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>vehicle_id or route_id</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>vehicle_lost, driver_sick, late, road_closed, window or shift: see above.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>vrp,compare,difference,what-if,scenario,before,after,existing,planned,savings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>vrp,disruption,breakdown,lost,sick,late,delay,road closed,dispatch,replan,live,under way</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>vrp,edit,dispatch,add,insert,remove,cancel,move,assign,lock,time window,same day,dynamic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>vrp,insert,insertion,new stop,same day,dispatch,dynamic,option,rank,cheapest</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>vrp,reoptimise,reoptimize,replan,dynamic,dispatch,disruption,breakdown,late,live,under way</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>vrp,schedule,reschedule,edit,sequence,eta,recalculate,dispatch,timetable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>vrp,time window,slot,appointment,booking,call centre,customer,offer,promise,same day,dynamic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>vrp,unassigned,unserved,infeasible,reason,why,repair,fix,explain,what-if</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>vrp,vrptw,vehicle routing,fleet,delivery,pickup,route,optimize,eta,time window,dispatch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>what the place is called; only geo links show it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>when it really was, which is then told instead</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>when it really was; NULL: the planned time counts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>workspace,new,template,geopackage,project,forms,stops,depots,vehicles,start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{app} is no app. There are {apps}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{assigned} of {stops} stops are served on {routes} routes: {km:.1f} km, {work:.1f} h of work, {drive:.1f} h of driving, cost {cost:.2f}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} rules are broken: {codes}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} stops are not served: {listed}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{date} in {zone}: stops {stops}, rejected {rejected}, depots {depots}, vehicles {vehicles}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{lat}, {lon} are no latitude and longitude in degrees.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name} {value} has a zone of its own: put it on the clock of the plan by ow_local_time.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name} {value} is no number.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name}: {before} before, {after} after ({difference}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{rows} rows: {stops} stops, {others} to geocode, {rejected} rejected.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{text} has no offset such as Z or +01:00, so it is no moment.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{time} (by {end})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{time} ({minutes} min late)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{value} is no date and time.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{ways} of {pairs} pairs have a way.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{zone} is no time zone. Write a name such as Europe/Lisbon.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>⟦One file to read, print or send: figures, timeline, loads, lateness and what was left out.⟧</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>⟦One line per leg; its end_time is the arrival at the stop it leads to.⟧</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>⟦One line per vehicle, with its times, distance, load and cost.⟧</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>⟦Stops that no route serves, each with the reason.⟧</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>⟦Stops, depots, reloads and breaks in their order, with all times.⟧</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>⟦The findings as one page to read, print or send, with the hours of the day and a map.⟧</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>⟦What was found: severity, layer, feature_id, id, field, code, text, remedy; a point where the feature has one.⟧</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
