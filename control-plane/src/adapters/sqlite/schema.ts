/** Tables of the control plane's own file; steps already released are never edited. */
export const CONTROL_SCHEMA: readonly string[] = [
  `CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
   CREATE TABLE seq (
     site TEXT NOT NULL, kid TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (site, kid)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE agent (
     site TEXT PRIMARY KEY, sessions TEXT NOT NULL, software TEXT, born_wall_ms INTEGER,
     heard_wall_ms INTEGER, quarantine TEXT
   ) STRICT;
   CREATE TABLE signed_order (
     id TEXT PRIMARY KEY, bytes BLOB NOT NULL, class TEXT NOT NULL, reason TEXT NOT NULL,
     signers TEXT NOT NULL, preview TEXT, submitted_wall_ms INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE command (
     nr INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, site TEXT NOT NULL,
     basis_type TEXT NOT NULL, basis BLOB NOT NULL,
     order_id TEXT REFERENCES signed_order (id), actions BLOB NOT NULL, reason TEXT NOT NULL,
     created_wall_ms INTEGER NOT NULL, not_before_wall_ms INTEGER NOT NULL,
     not_after_wall_ms INTEGER NOT NULL, bound_sess TEXT,
     control_state TEXT NOT NULL, control_code TEXT, acknowledged INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   CREATE INDEX command_by_site ON command (site, nr);
   CREATE INDEX command_by_order ON command (order_id) WHERE order_id IS NOT NULL;
   CREATE INDEX command_open ON command (nr)
     WHERE acknowledged = 0 AND control_state IN ('queued', 'offered', 'unknown');
   CREATE TABLE offer (
     cti TEXT PRIMARY KEY, command TEXT NOT NULL REFERENCES command (id), sess TEXT NOT NULL,
     epoch INTEGER NOT NULL, seq INTEGER NOT NULL, message_digest TEXT NOT NULL,
     offered_wall_ms INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX offer_by_command ON offer (command, seq);
   CREATE TABLE receipt (
     site TEXT NOT NULL, counter INTEGER NOT NULL, command TEXT NOT NULL, cti TEXT NOT NULL,
     action INTEGER, status BLOB NOT NULL, audit_index INTEGER NOT NULL,
     agent_wall_ms INTEGER NOT NULL, clock TEXT NOT NULL, received_wall_ms INTEGER NOT NULL,
     digest TEXT NOT NULL, PRIMARY KEY (site, counter)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX receipt_by_command ON receipt (command, counter);
   CREATE TABLE policy (
     version INTEGER PRIMARY KEY, bytes BLOB NOT NULL, accepted_wall_ms INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE model (
     digest TEXT PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, bytes INTEGER NOT NULL,
     release BLOB NOT NULL, pushed_wall_ms INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE model_block (digest TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
   CREATE TABLE desired_model (
     site TEXT PRIMARY KEY, version INTEGER NOT NULL, digest TEXT REFERENCES model (digest),
     document BLOB NOT NULL, set_wall_ms INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE preview (
     nr INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL,
     made_wall_ms INTEGER NOT NULL
   ) STRICT;`,
  // A rung is named by the audit record that tells it: that is how a receipt and its record are one. A replaced disk
  // begins its log anew.
  `ALTER TABLE agent ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE offer ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
   CREATE TABLE rung (
     site TEXT NOT NULL, generation INTEGER NOT NULL, audit_index INTEGER NOT NULL, command TEXT NOT NULL,
     action INTEGER, status BLOB NOT NULL, agent_wall_ms INTEGER NOT NULL, clock TEXT NOT NULL,
     received_wall_ms INTEGER NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (site, generation, audit_index)
   ) STRICT, WITHOUT ROWID;
   INSERT OR IGNORE INTO rung
     SELECT site, 0, audit_index, command, action, status, agent_wall_ms, clock, received_wall_ms, digest
     FROM receipt ORDER BY counter;
   DROP TABLE receipt;
   CREATE INDEX rung_by_command ON rung (command, generation, audit_index);
   CREATE TABLE audit_read (
     site TEXT NOT NULL, generation INTEGER NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (site, generation)
   ) STRICT, WITHOUT ROWID;`,
];

/** Tables of the telemetry file. One row holds a series of one batch: far fewer pages than a row a point. */
export const TELEMETRY_SCHEMA: readonly string[] = [
  `CREATE TABLE series (
     id INTEGER PRIMARY KEY, site TEXT NOT NULL, asset TEXT NOT NULL, quantity TEXT NOT NULL,
     span_max_ms INTEGER NOT NULL, UNIQUE (site, asset, quantity)
   ) STRICT;
   CREATE TABLE chunk (
     series INTEGER NOT NULL REFERENCES series (id), start_ms INTEGER NOT NULL,
     step_ms INTEGER NOT NULL, points BLOB NOT NULL, PRIMARY KEY (series, start_ms)
   ) STRICT, WITHOUT ROWID;`,
];
