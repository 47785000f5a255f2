package sqlite

import (
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"

	"github.com/musterhq/muster/internal/journal"
)

const (
	application = 0x6d757374 // "must", in the database's application_id
	format      = 2          // in its user_version; raise it with every change of the schema
)

// schema is what a new database holds.
//
// Records get growing ids, so that they are appended and trimmed in runs.
const schema = `
CREATE TABLE block (seq INTEGER PRIMARY KEY, data BLOB NOT NULL);

CREATE TABLE record (
	id      INTEGER PRIMARY KEY,
	hash    INTEGER NOT NULL,  -- of key
	key     BLOB    NOT NULL,
	refs    BLOB    NOT NULL,
	place   INTEGER NOT NULL,  -- Record.Order
	expires INTEGER NOT NULL,
	data    BLOB    NOT NULL
);
CREATE INDEX record_expires ON record (expires) WHERE expires <> 0;
` + indexes

// indexes is what records are found by. Of keys and references it has 63 bits
// of their hash, which keeps an entry to some 20 bytes; who looks up compares
// the text.
const indexes = `
CREATE TABLE entry (
	hash   INTEGER NOT NULL,  -- of a reference below 0, of a key from 0 on
	place  INTEGER NOT NULL,  -- 0 for a key
	record INTEGER NOT NULL,
	PRIMARY KEY (hash, place, record)
) WITHOUT ROWID;

CREATE TABLE settled (
	whole  INTEGER NOT NULL,  -- all entries of the records up to this one are there,
	part   INTEGER NOT NULL,  -- and of those up to this one the entries up to the following
	hash   INTEGER NOT NULL,
	place  INTEGER NOT NULL,
	record INTEGER NOT NULL
);
INSERT INTO settled VALUES (0, 0, 0, 0, 0);
`

// fromFormat1 makes the index from the two of format 1, which had 64 bits and
// were always complete.
const fromFormat1 = indexes + `
INSERT OR IGNORE INTO entry SELECT (ref >> 1) - 0x4000000000000000, place, record
	FROM listed ORDER BY ref, listed.place, record;
INSERT INTO entry SELECT (hash >> 1) + 0x4000000000000000, 0, id FROM record ORDER BY hash, id;
UPDATE settled SET whole = (SELECT coalesce(max(id), 0) FROM record);
DROP TABLE listed;
DROP INDEX record_hash;
`

// adopt sees to it that the database is one of ours, making it so if it is new.
func adopt(c *sqlite3.Conn) error {
	app, err := pragma(c, "application_id")
	if err != nil {
		return err
	}
	version, err := pragma(c, "user_version")
	if err != nil {
		return err
	}
	tables, err := pragma(c, "schema_version") // 0 as long as nothing was made
	switch {
	case err != nil:
		return err
	case app == 0 && version == 0 && tables == 0:
		return become(c, schema)
	case app != application:
		return errors.New("muster.db is a database of another program: choose another folder")
	case version > format:
		return fmt.Errorf("%w: format %d, this one reads up to %d; start the muster that wrote it, or a newer one",
			journal.ErrVersion, version, format)
	case version < format:
		return become(c, fromFormat1)
	}
	return nil
}

// become makes the database one of this format, or leaves it as it was.
func become(c *sqlite3.Conn, statements string) error {
	err := c.Exec(fmt.Sprintf("BEGIN IMMEDIATE; %s PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT;",
		statements, application, format))
	if !c.GetAutocommit() {
		err = errors.Join(err, c.Exec("ROLLBACK"))
	}
	return err
}

func pragma(c *sqlite3.Conn, name string) (int64, error) {
	s, _, err := c.Prepare("PRAGMA " + name)
	if err != nil {
		return 0, err
	}
	n, err := number(s)
	return n, errors.Join(err, s.Close())
}
