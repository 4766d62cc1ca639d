-- One row is one record. Run it once, as the owner of the table; replicas then need what the last lines grant.
CREATE SEQUENCE IF NOT EXISTS leader_election_version; -- never gives a number twice, whatever becomes of a transaction

CREATE TABLE IF NOT EXISTS leader_election (
  name        text   PRIMARY KEY,
  version     bigint NOT NULL, -- of the sequence, new with every write: the version and the fencing token
  incarnation uuid   NOT NULL, -- another one after delete and re-create
  record      jsonb  NOT NULL
);

CREATE OR REPLACE FUNCTION leader_election_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('leader_election', json_build_object('name', coalesce(NEW.name, OLD.name), 'op', TG_OP)::text);
  RETURN NULL;
END $$;

-- A trigger, not a NOTIFY with each write: it also tells what a person does with psql.
CREATE OR REPLACE TRIGGER leader_election_notify AFTER INSERT OR UPDATE OR DELETE ON leader_election
  FOR EACH ROW EXECUTE FUNCTION leader_election_notify();

-- GRANT SELECT, INSERT, UPDATE ON leader_election TO replica;
-- GRANT USAGE ON SEQUENCE leader_election_version TO replica;
