package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"parlour"
)

const accountColumns = `id, email, email_verified, name, password_hash, admin, lang, zone, created_at, seen_at, disabled_at`

func accountIn(r row) parlour.Account {
	return parlour.Account{
		ID: r.text(0), Email: r.text(1), EmailVerified: r.flag(2), Name: r.text(3), PasswordHash: r.text(4),
		Admin: r.flag(5), Lang: r.text(6), Zone: r.text(7),
		CreatedAt: r.time(8), SeenAt: r.time(9), DisabledAt: r.time(10),
	}
}

func accountBy(c conn, query string, args ...any) (parlour.Account, error) {
	r, err := c.one(query, args...)
	switch {
	case errors.Is(err, errNoRow):
		return parlour.Account{}, parlour.ErrNoAccount
	case err != nil:
		return parlour.Account{}, fmt.Errorf("account: %w", err)
	}
	return accountIn(r), nil
}

func (s *Store) account(ctx context.Context, query string, args ...any) (a parlour.Account, err error) {
	err = s.read(ctx, func(c conn) (err error) {
		a, err = accountBy(c, query, args...)
		return err
	})
	return a, err
}

// Account implements parlour.MemberStore.
func (s *Store) Account(ctx context.Context, person string) (parlour.Account, error) {
	return s.account(ctx, `SELECT `+accountColumns+` FROM members WHERE id = $1`, person)
}

// AccountByEmail implements parlour.MemberStore.
func (s *Store) AccountByEmail(ctx context.Context, email string) (parlour.Account, error) {
	return s.account(ctx, `SELECT `+accountColumns+` FROM members WHERE email_key = $1`, parlour.EmailKey(email))
}

// AccountByFederation implements parlour.MemberStore.
func (s *Store) AccountByFederation(ctx context.Context, f parlour.Federation) (parlour.Account, error) {
	return s.account(ctx, `SELECT `+accountColumns+` FROM members
		WHERE id = (SELECT person_id FROM federations WHERE issuer = $1 AND subject = $2)`, f.Issuer, f.Subject)
}

// Accounts implements parlour.MemberStore.
func (s *Store) Accounts(ctx context.Context, search, afterName string, limit int) (all []parlour.Account, err error) {
	after := ""
	if afterName != "" {
		after = parlour.NameKey(afterName)
	}
	err = s.read(ctx, func(c conn) error {
		for r, err := range c.rows(`SELECT `+accountColumns+` FROM members
			WHERE name_key > $1 AND ($2 = '' OR replace(name_key, $2, '') <> name_key OR replace(email_key, $2, '') <> email_key) ORDER BY name_key LIMIT $3`,
			after, strings.ToLower(search), limit) {
			if err != nil {
				return fmt.Errorf("accounts: %w", err)
			}
			all = append(all, accountIn(r))
		}
		return nil
	})
	return all, err
}

// CountAdmins implements parlour.MemberStore.
func (s *Store) CountAdmins(ctx context.Context) (n int, err error) {
	err = s.read(ctx, func(c conn) (err error) {
		n, err = countAdmins(c)
		return err
	})
	return n, err
}

func countAdmins(c conn) (int, error) {
	r, err := c.one(`SELECT count(*) FROM members WHERE admin = 1 AND disabled_at IS NULL`)
	if err != nil {
		return 0, fmt.Errorf("counting admins: %w", err)
	}
	return int(r.int(0)), nil
}

// AddAccount implements parlour.MemberStore.
func (s *Store) AddAccount(ctx context.Context, add parlour.NewAccount, staleBefore time.Time) error {
	return s.write(ctx, func(t *tx) error { return t.addAccount(add, staleBefore) })
}

func (t *tx) addAccount(add parlour.NewAccount, staleBefore time.Time) error {
	if add.FirstAdmin {
		n, err := countAdmins(t.conn)
		if err != nil {
			return err
		}
		if n > 0 {
			return parlour.ErrSetUp
		}
	}
	_, err := accountBy(t.conn, `SELECT `+accountColumns+` FROM members WHERE email_key = $1`, parlour.EmailKey(add.Email))
	if err == nil {
		return parlour.ErrEmailTaken
	}
	if parlour.KindOf(err) != parlour.NotFound {
		return err
	}
	key, skeleton := parlour.NameKey(add.Name), parlour.Skeleton(add.Name)
	if err := t.unreserved(key, add.ID); err != nil {
		return err
	}
	if err := t.reserve(add.ID, key, skeleton, staleBefore); err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO members (id, email, email_key, email_verified, name, name_key, skeleton, password_hash,
			admin, lang, zone, created_at, seen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		add.ID, add.Email, parlour.EmailKey(add.Email), add.EmailVerified, add.Name, key, skeleton,
		add.PasswordHash, add.Admin, add.Lang, add.Zone, add.CreatedAt, add.SeenAt)
	if err != nil {
		return fmt.Errorf("adding an account: %w", err)
	}
	for _, use := range add.Passes {
		if err := t.spend(use, parlour.Author{ID: add.ID, Name: add.Name}, add.CreatedAt); err != nil {
			return err
		}
	}
	if add.Federation != (parlour.Federation{}) {
		if err := t.federate(add.ID, add.Federation); err != nil {
			return err
		}
	}
	marked, err := t.renameSeats(add.ID, add.Name, key, add.CreatedAt, staleBefore)
	if err != nil {
		return err
	}
	if _, err := t.exec(`UPDATE seats SET guest = 0, admitted = 1 WHERE person_id = $1`, add.ID); err != nil {
		return fmt.Errorf("seats of %s: %w", add.ID, err)
	}
	t.show(parlour.Author{ID: add.ID, Name: add.Name}, marked)
	return nil
}

// spend uses a pass for a person, who gets what it gives. The use of an
// invitation is logged, as it is for those who have an account already.
func (t *tx) spend(use parlour.PassUse, person parlour.Author, now time.Time) error {
	pass, err := t.usePass(use.Kind, use.Key, now)
	if err == nil && use.Kind == parlour.PassInvite {
		err = t.logAct(parlour.LogEntry{
			Room: pass.Room, At: now, By: person, Act: parlour.ActUseInvite, Target: person, Detail: pass.Role.String(),
		})
	}
	if err != nil || pass.Room == 0 || pass.Role == parlour.NoRole {
		return err
	}
	_, err = t.exec(`INSERT INTO roles (room_id, person_id, role) VALUES ($1, $2, $3)
		ON CONFLICT (room_id, person_id) DO UPDATE SET role = excluded.role WHERE excluded.role > roles.role`, pass.Room, person.ID, int(pass.Role))
	if err != nil {
		return fmt.Errorf("role by a pass: %w", err)
	}
	return nil
}

// ChangeAccount implements parlour.MemberStore.
func (s *Store) ChangeAccount(ctx context.Context, a parlour.Account) error {
	return s.write(ctx, func(t *tx) error { return t.changeAccount(a) })
}

// ChangeMember implements parlour.MemberStore.
func (s *Store) ChangeMember(ctx context.Context, a parlour.Account, act parlour.LogEntry) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.changeAccount(a); err != nil {
			return err
		}
		t.narrowed(0, parlour.Whom{Person: a.ID})
		return t.logAct(act)
	})
}

func (t *tx) changeAccount(a parlour.Account) error {
	n, err := t.exec(`UPDATE members SET lang = $1, zone = $2, admin = $3, disabled_at = $4 WHERE id = $5`,
		a.Lang, a.Zone, a.Admin, orNull(a.DisabledAt), a.ID)
	if err != nil {
		return fmt.Errorf("changing account %s: %w", a.ID, err)
	}
	if n == 0 {
		return parlour.ErrNoAccount
	}
	if a.DisabledAt.IsZero() {
		return nil
	}
	if _, err := t.exec(`DELETE FROM drafts WHERE person_id = $1`, a.ID); err != nil {
		return fmt.Errorf("drafts of %s: %w", a.ID, err)
	}
	return nil
}

// ChangePreferences implements parlour.MemberStore.
func (s *Store) ChangePreferences(ctx context.Context, person, lang, zone string) error {
	return s.writeApart(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE members SET lang = $1, zone = $2 WHERE id = $3`, lang, zone, person)
		if err != nil {
			return fmt.Errorf("preferences of %s: %w", person, err)
		}
		if n == 0 {
			return parlour.ErrNoAccount
		}
		return nil
	})
}

// ChangePassword implements parlour.MemberStore.
func (s *Store) ChangePassword(ctx context.Context, person, proof, hash, but string) (ended []string, err error) {
	err = s.write(ctx, func(t *tx) error {
		a, err := accountBy(t.conn, `SELECT `+accountColumns+` FROM members WHERE id = $1`, person)
		if err != nil {
			return err
		}
		if a.Proof() != proof {
			return parlour.ErrOvertaken
		}
		// Another process may have changed it since the line above.
		n, err := t.exec(`UPDATE members SET password_hash = $1 WHERE id = $2 AND password_hash = $3`, hash, person, a.PasswordHash)
		if err != nil {
			return fmt.Errorf("password of %s: %w", person, err)
		}
		if n == 0 {
			return parlour.ErrOvertaken
		}
		ended, err = t.endLogins(person, but) // those too that began before the line above was through
		return err
	})
	return ended, err
}

// Federate implements parlour.MemberStore.
func (s *Store) Federate(ctx context.Context, person string, f parlour.Federation) error {
	return s.write(ctx, func(t *tx) error { return t.federate(person, f) })
}

func (t *tx) federate(person string, f parlour.Federation) error {
	r, err := t.one(`SELECT person_id FROM federations WHERE issuer = $1 AND subject = $2`, f.Issuer, f.Subject)
	switch {
	case err == nil && r.text(0) == person:
		return nil
	case err == nil:
		return parlour.ErrFederated
	case !errors.Is(err, errNoRow):
		return fmt.Errorf("account elsewhere: %w", err)
	}
	_, err = t.exec(`INSERT INTO federations (issuer, subject, person_id) VALUES ($1, $2, $3)`, f.Issuer, f.Subject, person)
	if err != nil {
		return fmt.Errorf("account elsewhere: %w", err)
	}
	return nil
}
