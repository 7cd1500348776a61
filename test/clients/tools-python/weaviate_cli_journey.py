"""weaviate-cli: its commands for collections, data, tenants, aliases, shards and nodes, as they are typed."""

import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import entry_points, version

from animals import GRPC_PORT, HOST, KEY, PORT, connect, done
from click.testing import CliRunner

folder = tempfile.TemporaryDirectory()
config = os.path.join(folder.name, "config.json")
with open(config, "w") as file:
    ports = {"host": HOST, "grpc_host": HOST, "http_port": PORT, "grpc_port": GRPC_PORT}
    json.dump({**ports, "auth": {"type": "user", "owner": KEY, "stranger": "no-key"}}, file)
(weaviate_cli,) = [
    entry.load() for entry in entry_points(group="console_scripts") if entry.name == "weaviate-cli"
]


def typed(line, user="owner"):
    """Runs a command line in this process; gives its exit code and what it printed."""
    words = ["--config-file", config, "--user", user, *line.split()]
    result = CliRunner().invoke(weaviate_cli, words)
    return result.exit_code, result.output


def cli(line):
    """What a command printed as JSON, or as text where it has none; it must succeed."""
    code, output = typed(line)
    assert code == 0, f"{line}\n{output}"
    return json.JSONDecoder().raw_decode(output)[0] if "--json" in line else output


def refused(line, user="owner"):
    code, output = typed(line, user)
    assert code == 1 and "Traceback" not in output, f"{line}\n{code} {output}"
    return output


def objects(line):
    return cli(f"query data {line} --json")["objects"]


def count(collection):
    rows = cli("get collection --json")["collections"]
    return next(row["object_count"] for row in rows if row["name"] == collection)


# --- the command itself, in a process of its own
command = [os.path.join(os.path.dirname(sys.executable), "weaviate-cli"), "--config-file", config]
ran = subprocess.run(
    [*command, "--user", "owner", "get", "nodes", "--json"],
    stdout=subprocess.PIPE,
    check=True,
    text=True,
)
(node,) = json.loads(ran.stdout)["nodes"]
assert node["status"] == "HEALTHY" and node["version"], node
assert version("weaviate-cli") in cli("--version")
assert "401" in refused("get collection", "stranger")
done("command")

# --- collections
made = "create collection --replication_factor 1 --json"
cli(f"{made} --collection Movies --vectorizer transformers --inverted_index null")
assert "already exists" in refused(f"{made} --collection Movies")
assert "replicationConfig.factor" in refused("create collection --collection Copied")
indexes = ["hnsw", "hnsw_rq", "hnsw_multivector", "flat", "dynamic_flat_bq_hnsw_pq", "hfresh"]
for index in indexes:
    cli(f"{made} --collection I_{index} --vector_index {index} --named_vector")
vectorizers = ["openai", "jinaai_colbert"]
for vectorizer in vectorizers:
    cli(f"{made} --collection V_{vectorizer} --vectorizer {vectorizer} --named_vector")
rows = {row["name"]: row for row in cli("get collection --json")["collections"]}
assert len(rows) == 1 + len(indexes) + len(vectorizers)
assert rows["Movies"]["vectorizer"] == "text2vec-transformers"
assert {rows[f"I_{index}"]["vector_index"] for index in indexes} == {
    "hnsw",
    "flat",
    "dynamic",
    "hfresh",
}
assert rows["V_jinaai_colbert"]["vectorizer"] == "text2colbert-jinaai"
cli("delete collection --collection V_openai")
assert "doesn't exist" in refused("delete collection --collection Nobody")
expiring = "--object_ttl_type property --object_ttl_time 3600 --object_ttl_filter_expired"
cli(f"{made} --collection Expiring {expiring}")
cli("update collection --collection Expiring --description short --vector_index hnsw_bq")
cli("update collection --collection Expiring --object_ttl_type disable")
expiring = cli("get collection --collection Expiring --json")
assert expiring["description"] == "short" and expiring["vectorIndexConfig"]["bq"]["enabled"]
assert not expiring.get("objectTTLConfig", {}).get("enabled", False), expiring
done("collections")

# --- data: its own films, and random ones with vectors of one kind or the other
assert cli("create data --limit 30 --json")["objects_inserted"] == 30
random = "--randomize --limit 20 --vector_dimensions 8 --wait_for_indexing --json"
assert cli(f"create data --collection I_hnsw --dynamic_batch {random}")["objects_inserted"] == 20
late = f"create data --collection I_hnsw_multivector --multi_vector {random}"
assert cli(late)["objects_inserted"] == 20
assert [count(name) for name in ["Movies", "I_hnsw", "I_hnsw_multivector"]] == [30, 20, 20]
assert "does not exist" in refused("create data --collection Nobody")
with connect() as client:
    stored = client.collections.use("I_hnsw_multivector").query.fetch_objects(
        limit=1, include_vector=True
    )
    vectors = stored.objects[0].vector["default"]
    assert [len(token) for token in vectors] == [8, 8]
done("data")

# --- queries
fetched = objects("--limit 30")
assert len({film["uuid"] for film in fetched}) == 30
assert all(film["properties"]["title"] for film in fetched)
first = fetched[0]
(found,) = objects(f"--search_type uuid --query {first['uuid']} --properties title,budget")
assert found["properties"]["title"] == first["properties"]["title"]
assert found["properties"]["budget"] > 0
near = objects("--search_type vector --query fox --limit 5")
distances = [film["distance"] for film in near]
assert len(near) == 5 and distances == sorted(distances) and distances[0] >= 0
# Of hybrid search a quarter is for keywords; "spider" is in the titles and keywords of spiders' films.
mixed = objects("--search_type hybrid --query spider --limit 30")
scores = [film["score"] for film in mixed]
assert scores == sorted(scores, reverse=True) and 0 < scores[0] <= 1
assert cli("query data --limit 1").count("Total: 1 objects") == 1
assert len(objects("--collection I_hnsw_multivector --limit 7")) == 7
done("queries")

# --- changing and deleting objects
assert cli("update data --limit 30 --json")["objects_updated"] == 30
assert all(film["properties"]["title"].startswith("updated-") for film in objects("--limit 30"))
changed = cli("update data --collection I_hnsw --limit 3 --randomize --json")
assert changed["objects_updated"] == 3
cli(f"delete data --uuid {first['uuid']}")
assert count("Movies") == 29
assert cli("delete data --limit 9 --json")["objects_deleted"] == 9
assert count("Movies") == 20
done("changes")

# --- aliases, shards and nodes
cli("create alias Films Movies")
cli("create alias Other Movies")
assert len(objects("--collection Films --limit 30")) == 20
cli("update alias Other I_hnsw")
assert cli("get alias --alias_name Other --json") == {"alias": "Other", "collection": "I_hnsw"}
assert len(objects("--collection Other --limit 30")) == 20
cli("delete alias Other")
listed = cli("get alias --all")
assert "Films -> Movies" in listed and "Other" not in listed
(shard,) = cli("get shards --collection Movies --json")["shards"]
assert shard["status"] == "READY" and shard["vector_queue_size"] == 0
cli(f"update shards --collection Movies --shards {shard['name']} --status READY")
cli("update shards --collection Movies --status READONLY")
assert cli("get shards --collection Movies --json")["shards"][0]["status"] == "READONLY"
assert "read-only" in refused(f"delete data --uuid {fetched[-1]['uuid']}")
cli("update shards --all --status READY")
(node,) = cli("get nodes --json")["nodes"]
assert (node["object_count"], node["shard_count"]) == (60, 9), node
assert "HEALTHY" in cli("get nodes --minimal")
films = cli("get nodes --collections --json")["collections"]
assert {row["name"]: row["total_objects"] for row in films}["Movies"] == 20
(shard,) = cli("get nodes --collection Movies --json")["shards"]
assert list(shard["node_distribution"].values()) == [20] and shard["loaded"]
assert len(cli("get nodes --shards --json")["shards"]) == 9
done("nodes")

# --- tenants
tenants = "--collection Cinemas --json"
cli(f"{made} --collection Cinemas --multitenant --auto_tenant_creation --auto_tenant_activation")
assert cli(f"create tenants {tenants} --number_tenants 3")["tenants_created"] == 3
cli(f"create tenants {tenants} --tenants Odeon,Roxy --state inactive")
summary = cli(f"get tenants {tenants}")["summary"]
assert (summary["total"], summary["active"], summary["inactive"]) == (5, 3, 2), summary
assert cli(f"create data {tenants} --limit 4")["objects_inserted"] == 12
assert cli(f"create data {tenants} --limit 2 --tenants Tenant-0,Plaza")["objects_inserted"] == 4
cli(f"update tenants {tenants} --tenants Tenant-1 --state cold")
states = {row["name"]: row["activity_status"] for row in cli(f"get tenants {tenants}")["tenants"]}
assert states["Tenant-1"] == "INACTIVE" and states["Plaza"] == states["Tenant-2"] == "ACTIVE"
assert len(objects("--collection Cinemas --tenants Tenant-0 --limit 30")) == 6
assert len(objects("--collection Cinemas --tenants Plaza --limit 30")) == 2
assert cli(f"delete data {tenants} --tenants Tenant-0 --limit 5")["objects_deleted"] == 5
assert len(objects("--collection Cinemas --tenants Tenant-0 --limit 30")) == 1
cli(f"delete tenants {tenants} --tenants Plaza,Roxy")
names = [row["name"] for row in cli(f"get tenants {tenants}")["tenants"]]
assert sorted(names) == ["Odeon", "Tenant-0", "Tenant-1", "Tenant-2"], names
assert "multi-tenancy" in refused("query data --tenants Plaza")
done("tenants")

# --- what this server doesn't offer says so
for line in ["get role --all", "create user --user_name jane", "query sharding-state Movies"]:
    assert "is not offered by this server" in refused(line), line
done("refusals")

cli("delete collection --all --json")
assert cli("get collection --json") == {"collections": [], "total": 0}
folder.cleanup()
