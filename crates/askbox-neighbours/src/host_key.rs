//! Whether a host's key made a signature. Pure.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
    VerificationAlgorithm,
};
use ssh_key::public::{EcdsaPublicKey, KeyData, RsaPublicKey};
use ssh_key::{Algorithm, HashAlg, Mpint, PublicKey, Signature};

use crate::message;

/// Whether the signature is of this message, and by this key. What cannot be verified is not: keys of other algorithms than
/// Ed25519, RSA and ECDSA with the curves P-256 and P-384.
pub(crate) fn has_signed(host_key: &[u8], signed: &[u8], signature: &[u8]) -> bool {
    verify(host_key, signed, signature).is_some()
}

fn verify(host_key: &[u8], signed: &[u8], signature: &[u8]) -> Option<()> {
    let key = PublicKey::from_bytes(host_key).ok()?;
    let signature = Signature::try_from(signature).ok()?;
    match key.key_data() {
        KeyData::Ed25519(key) => {
            (signature.algorithm() == Algorithm::Ed25519).then_some(())?;
            by(&ED25519, &key.0, signed, signature.as_bytes())
        }
        KeyData::Rsa(key) => by_rsa(key, signed, &signature),
        KeyData::Ecdsa(key) => {
            (signature.algorithm() == key.algorithm()).then_some(())?;
            match key {
                EcdsaPublicKey::NistP256(point) => {
                    let fixed = fixed(signature.as_bytes(), 32)?;
                    by(&ECDSA_P256_SHA256_FIXED, point.as_bytes(), signed, &fixed)
                }
                EcdsaPublicKey::NistP384(point) => {
                    let fixed = fixed(signature.as_bytes(), 48)?;
                    by(&ECDSA_P384_SHA384_FIXED, point.as_bytes(), signed, &fixed)
                }
                EcdsaPublicKey::NistP521(_) => None,
            }
        }
        KeyData::Dsa(_) | KeyData::SkEcdsaSha2NistP256(_) | KeyData::SkEd25519(_) | KeyData::Other(_) | _ => {
            None
        }
    }
}

fn by(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &[u8],
    signed: &[u8],
    signature: &[u8],
) -> Option<()> {
    UnparsedPublicKey::new(algorithm, key)
        .verify(signed, signature)
        .ok()
}

fn by_rsa(key: &RsaPublicKey, signed: &[u8], signature: &Signature) -> Option<()> {
    let Algorithm::Rsa { hash: Some(hash) } = signature.algorithm() else {
        return None;
    };
    let algorithm: &'static RsaParameters = if hash == HashAlg::Sha256 {
        &RSA_PKCS1_2048_8192_SHA256
    } else if hash == HashAlg::Sha512 {
        &RSA_PKCS1_2048_8192_SHA512
    } else {
        return None;
    };
    let key = RsaPublicKeyComponents {
        n: key.n.as_positive_bytes()?,
        e: key.e.as_positive_bytes()?,
    };
    key.verify(algorithm, signed, signature.as_bytes()).ok()
}

/// Both numbers of an ECDSA signature (RFC 5656, section 3.1.2), each with so many bytes.
fn fixed(signature: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut rest = signature;
    let mut fixed = Vec::new();
    for _ in 0..2 {
        let number = Mpint::from_bytes(message::string(&mut rest).ok()?).ok()?;
        let bytes = number.as_positive_bytes()?;
        let missing = size.checked_sub(bytes.len())?;
        fixed.resize(fixed.len() + missing, 0);
        fixed.extend(bytes);
    }
    message::finish(rest, fixed).ok()
}

#[cfg(test)]
mod tests;
