#!/bin/sh
# Makes the certificates of the tests anew, in the folder of this script. OpenSSL 3.0 or later does it all.
#
#   authority.pem      the authority that the tests trust; its key is thrown away
#   localhost.pem      for localhost, 127.0.0.1 and ::1
#   other_name.pem     for other.example and *.wild.example
#   expired.pem        for localhost, until the year 2001
#   future.pem         for localhost, from the year 2199 on
#   common_name.pem    for localhost, which only the subject says
#   client.pem         for clients: of no use to a server
#   chain.pem          for localhost, with the intermediate authority that signed it
#   self_signed.pem    for localhost and 127.0.0.1, by itself, as `openssl req -x509` makes it
#   rsa.pem            for localhost, with a key of RSA
#   server.key         the key of all these but rsa.pem, as PKCS #8; server_sec1.key is the same as SEC 1
#   rsa.key            the key of rsa.pem, as PKCS #1
#   encrypted.key      server.key with the password "secret"
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

begin=20000101000000Z
end=21991231235959Z

new_key() {
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null
}

cat > "$work/ca.cnf" <<END
[ca]
default_ca = authority
[authority]
database = $work/index
rand_serial = yes
new_certs_dir = $work
default_md = sha256
policy = anything
copy_extensions = none
unique_subject = no
[anything]
countryName = optional
organizationName = optional
commonName = optional
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[localhost]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
authorityInfoAccess = OCSP;URI:http://ocsp.example/, caIssuers;URI:http://authority.example/authority.crt
crlDistributionPoints = URI:http://authority.example/revoked.crl
[other_name]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:other.example, DNS:*.wild.example, email:someone@other.example, URI:http://other.example/
[common_name]
basicConstraints = critical, CA:FALSE
[client]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = clientAuth
subjectAltName = DNS:client.example
[self_signed]
basicConstraints = critical, CA:TRUE
subjectAltName = DNS:localhost, IP:127.0.0.1
END

# sign NAME EXTENSIONS SUBJECT KEY BEGIN END: a certificate by the authority.
sign() {
    openssl req -new -key "$4" -subj "$3" -config "$work/ca.cnf" -out "$work/request"
    openssl ca -batch -notext -config "$work/ca.cnf" -extensions "$2" -startdate "$5" -enddate "$6" \
        -cert "${signer:-authority.pem}" -keyfile "${signer_key:-$work/authority.key}" \
        -in "$work/request" -out "$1" 2>/dev/null
}

# self_sign NAME EXTENSIONS SUBJECT KEY
self_sign() {
    openssl req -new -key "$4" -subj "$3" -config "$work/ca.cnf" -out "$work/request"
    openssl ca -batch -notext -selfsign -config "$work/ca.cnf" -extensions "$2" -startdate $begin -enddate $end \
        -keyfile "$4" -in "$work/request" -out "$1" 2>/dev/null
}

: > "$work/index"
new_key "$work/authority.key"
new_key "$work/intermediate.key"
new_key server.key
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$work/rsa.key" 2>/dev/null
openssl rsa -in "$work/rsa.key" -traditional -out rsa.key 2>/dev/null
openssl ec -in server.key -out server_sec1.key 2>/dev/null
openssl pkcs8 -topk8 -in server.key -passout pass:secret -out encrypted.key

self_sign authority.pem root "/C=XX/O=Tests/CN=Test Authority" "$work/authority.key"
sign localhost.pem localhost "/C=XX/O=Tests/CN=localhost" server.key $begin $end
sign other_name.pem other_name "/CN=other.example" server.key $begin $end
sign expired.pem localhost "/CN=localhost" server.key $begin 20010101000000Z
sign future.pem localhost "/CN=localhost" server.key 21990101000000Z $end
sign common_name.pem common_name "/CN=localhost" server.key $begin $end
sign client.pem client "/CN=A Client" server.key $begin $end
sign rsa.pem localhost "/CN=localhost" rsa.key $begin $end
sign "$work/intermediate.pem" root "/CN=Test Intermediate" "$work/intermediate.key" $begin $end
signer="$work/intermediate.pem" signer_key="$work/intermediate.key"
sign "$work/leaf.pem" localhost "/CN=localhost" server.key $begin $end
cat "$work/leaf.pem" "$work/intermediate.pem" > chain.pem
self_sign self_signed.pem self_signed "/CN=localhost" server.key
