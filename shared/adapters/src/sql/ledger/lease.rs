//! Step 8 of the protocol: an attempt to send a mail may take longer than its lease, and renews it.

use pipeline::{MailClaim, PortError};

use super::super::error;
use super::SqlLedger;

const RENEW: &str = "update mails set lease_until = $3 where id = $1 and attempt = $2 and state = 'sending'";
const HAND_OVER: &str =
    "update mails set lease_until = $3, handed_over = attempt where id = $1 and attempt = $2 and state = 'sending'";

impl SqlLedger {
    pub(super) async fn renew_lease(&self, claim: &MailClaim) -> Result<bool, PortError> {
        self.update_lease(RENEW, claim).await
    }

    pub(super) async fn note_handover(&self, claim: &MailClaim) -> Result<bool, PortError> {
        self.update_lease(HAND_OVER, claim).await
    }

    /// `false` where the attempt does not hold the mail any more.
    async fn update_lease(&self, statement: &'static str, claim: &MailClaim) -> Result<bool, PortError> {
        let connection = self.base.pool.connections().acquire().await;
        let mut connection = connection.map_err(error("renew the lease of a mail"))?;
        let now = self.base.clock.now(&mut connection).await?;
        let updated = sqlx::query(statement)
            .bind(claim.mail.uuid())
            .bind(i64::from(claim.attempt))
            .bind(now.after(self.base.retry.lease))
            .execute(&mut *connection)
            .await
            .map_err(error("renew the lease of a mail"))?;
        Ok(updated.rows_affected() == 1)
    }
}
